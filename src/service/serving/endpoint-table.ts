import { probes, routes } from './routes.js';

/** The endpoints as a Markdown table, for the documentation. */
export function endpointTable(): string {
  const row = (method: string, path: string, summary: string, supports: string) =>
    `| \`${method} ${path}\` | ${summary} | ${supports} |`;
  return [
    '| endpoint | does | supports |',
    '|---|---|---|',
    ...routes.map((route) => row(route.method, route.shown ?? route.path, route.summary, route.supports)),
    ...probes.map((probe) => row(probe.method, probe.path, probe.summary, probe.supports)),
  ].join('\n');
}
