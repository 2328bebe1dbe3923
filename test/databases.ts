import { execFileSync, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface TestDatabase {
  readonly url: string;
  /** Ends the server and removes its files. */
  stop(): Promise<void>;
}

/** Why a server cannot be started here, if it cannot; in CI that is a failure. */
function missing(present: boolean, what: string, packages: string): string | undefined {
  if (present) return undefined;
  const reason = `${what} not found (apt-get install ${packages})`;
  if (process.env.CI && process.platform === 'linux') throw new Error(reason);
  return reason;
}

const postgresRoot = '/usr/lib/postgresql';
const newestPostgres = () =>
  existsSync(postgresRoot) ? readdirSync(postgresRoot).sort((a, b) => Number(b) - Number(a))[0] : undefined;
const [mariadbServer, mariadbInstall] = ['/usr/sbin/mariadbd', '/usr/bin/mariadb-install-db'];

export const missingPostgres = () => missing(newestPostgres() !== undefined, 'Postgres', 'postgresql');
export const missingMariadb = () =>
  missing(existsSync(mariadbServer) && existsSync(mariadbInstall), 'MariaDB', 'mariadb-server');

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

async function answering(port: number, child: ChildProcess, log: () => string): Promise<void> {
  for (let attempt = 0; attempt < 600; attempt++) {
    if (child.exitCode !== null) throw new Error(`the server ended with ${child.exitCode}: ${log()}`);
    const open = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => resolve(true));
      socket.on('error', () => resolve(false));
      socket.on('close', () => socket.destroy());
      socket.once('connect', () => socket.end());
    });
    if (open) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`the server did not answer: ${log()}`);
}

async function start(
  folder: string,
  port: number,
  command: string,
  args: readonly string[],
  as: { uid?: number; gid?: number },
) {
  const child = spawn(command, args, { ...as, cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  let log = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (part) => (log = (log + part).slice(-4000)));
  const stop = async () => {
    if (child.exitCode === null) {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGINT');
      const timer = setTimeout(() => child.kill('SIGKILL'), 10_000);
      await ended;
      clearTimeout(timer);
    }
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await answering(port, child, () => log);
  } catch (error) {
    await stop();
    throw error;
  }
  return stop;
}

/** Postgres refuses to run as root: its own user is taken then. */
function unprivileged(user: string): { uid?: number; gid?: number } {
  if (process.getuid?.() !== 0) return {};
  const id = (flag: string) => Number(execFileSync('id', [flag, user], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
}

/** A Postgres of its own in a new folder, on a free port of loopback. */
export async function startPostgres(): Promise<TestDatabase> {
  const bin = join(postgresRoot, newestPostgres() as string, 'bin');
  const folder = mkdtempSync(join(tmpdir(), 'abovo-postgres-'));
  const as = unprivileged('postgres');
  if (as.uid !== undefined) chownSync(folder, as.uid, as.gid as number);
  const data = join(folder, 'data');
  const init = ['-D', data, '-U', 'abovo', '--auth=trust', '--no-sync', '--encoding=UTF8', '--locale=C.UTF-8'];
  execFileSync(join(bin, 'initdb'), init, { ...as, cwd: folder, stdio: 'ignore' });
  const port = await freePort();
  const args = ['-D', data, '-p', String(port), '-c', 'listen_addresses=127.0.0.1', '-k', folder, '-c', 'fsync=off'];
  const stop = await start(folder, port, join(bin, 'postgres'), args, as);
  return { url: `postgres://abovo@127.0.0.1:${port}/postgres`, stop };
}

/** A MariaDB of its own in a new folder, on a free port of loopback. */
export async function startMariadb(): Promise<TestDatabase> {
  const folder = mkdtempSync(join(tmpdir(), 'abovo-mariadb-'));
  const as = unprivileged('mysql');
  if (as.uid !== undefined) chownSync(folder, as.uid, as.gid as number);
  const data = join(folder, 'data');
  const common = ['--no-defaults', `--datadir=${data}`];
  execFileSync(mariadbInstall, [...common, '--auth-root-authentication-method=normal', '--skip-test-db'], {
    ...as,
    cwd: folder,
    stdio: 'ignore',
  });
  const port = await freePort();
  const args = [
    ...common,
    `--port=${port}`,
    '--bind-address=127.0.0.1',
    `--socket=${join(folder, 'socket')}`,
    `--pid-file=${join(folder, 'pid')}`,
    '--innodb-flush-log-at-trx-commit=0',
  ];
  const stop = await start(folder, port, mariadbServer, args, as);
  return { url: `mysql://root@127.0.0.1:${port}/mysql`, stop };
}
