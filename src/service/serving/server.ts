import type { AddressInfo } from 'node:net';
import { createServer, type Server } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { InvalidInput, Unavailable } from '../../base/core/index.js';
import { type AppOptions, createApp } from './app.js';
import { isLoopback } from './auth.js';
import { portOwner } from './port-owner.js';

export interface ServeOptions extends AppOptions {
  /** Address to listen on. Default 127.0.0.1, this machine alone. */
  readonly host?: string;
  /** Default 8080; 0 takes any free port. */
  readonly port?: number;
}

/** A server that listens. */
export interface RunningServer {
  readonly host: string;
  readonly port: number;
  readonly url: string;
  /**
   * Stops: `/readyz` says 503, new requests are refused, those in flight have `graceSeconds` (default 30) to finish and are
   * then cut off. Resolves to whether all finished.
   */
  close(graceSeconds?: number): Promise<boolean>;
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') {
        const owner = portOwner(port);
        reject(
          new Unavailable(
            'serve.port_taken',
            `serve: expected port ${port} on ${host} to be free, got one taken by ${owner ?? 'another process'}; ` +
              'choose another with --port NUMBER (0 takes any free one), or stop that process',
            { host, port, owner },
            error,
          ),
        );
      } else if (error.code === 'EACCES' || error.code === 'EADDRNOTAVAIL' || error.code === 'ENOTFOUND') {
        reject(
          new InvalidInput(
            'serve.address',
            `serve: expected an address this user can listen on, got ${host} port ${port} (${error.code}); ` +
              'choose others with --host and --port',
            { host, port },
            error,
          ),
        );
      } else reject(error);
    });
    server.listen(port, host, resolve);
  });
}

/** Serves models over HTTP until closed. Refuses to be reachable from other machines without API keys. */
export async function startServer(options: ServeOptions): Promise<RunningServer> {
  const { host = '127.0.0.1', port = 8080 } = options;
  const open = (options.apiKeys ?? []).length === 0 && !options.authenticate;
  if (open && !isLoopback(host)) {
    throw new InvalidInput(
      'serve.no_keys',
      `serve: expected API keys for an address other machines can reach (${host}), got none; ` +
        'name keys with --api-key-env or serving.apiKeys, or listen on 127.0.0.1',
      { host },
    );
  }
  const names = ['localhost', '127.0.0.1', '[::1]', host.includes(':') && !host.startsWith('[') ? `[${host}]` : host];
  // Without keys the browser's same-origin rule is the only wall between foreign pages and this server, and a foreign name
  // that resolves to 127.0.0.1 would walk around it.
  const app = createApp({ ...(open ? { allowedHosts: names } : {}), ...options });
  const server = createServer(
    { requestTimeout: 60_000, headersTimeout: 20_000, keepAliveTimeout: 10_000 },
    getRequestListener((request) => app.fetch(request), { overrideGlobalObjects: false }),
  );
  await listen(server, host, port);
  const actual = (server.address() as AddressInfo).port;
  let closing: Promise<boolean> | undefined;
  return {
    host,
    port: actual,
    url: `http://${host.includes(':') ? `[${host}]` : host}:${actual}`,
    close(graceSeconds = 30) {
      closing ??= (async () => {
        const finished = await app.admission.drain(graceSeconds * 1000);
        const closed = new Promise<void>((resolve) => server.close(() => resolve()));
        server.closeIdleConnections();
        // Answers that are complete still have to leave the sockets' buffers.
        const timer = setTimeout(() => server.closeAllConnections(), finished ? 1000 : 100);
        await closed;
        clearTimeout(timer);
        return finished;
      })();
      return closing;
    },
  };
}
