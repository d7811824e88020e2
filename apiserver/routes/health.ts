import type { FastifyInstance } from 'fastify';
import { answerHealth, type HealthChecks, type HealthRegistry } from '../../shared/component/health.ts';
import type { MetricsRegistry } from '../../shared/component/metrics.ts';

/** `/livez`, `/readyz`, `/healthz` with their single checks, and `/metrics`. */
export function healthRoutes(app: FastifyInstance, { health, metrics }: { health: HealthRegistry; metrics: MetricsRegistry }): void {
  for (const kind of ['/livez', '/readyz', '/healthz']) {
    for (const url of [kind, `${kind}/*`]) {
      app.route({
        method: ['GET', 'HEAD'],
        url,
        handler: (request, reply) => {
          const { path, query } = request.kube;
          const { code, body } = answerHealth(health as HealthChecks, path, query) ?? { code: 404, body: '404 page not found\n' };
          return reply.code(code).header('content-type', 'text/plain; charset=utf-8').send(body);
        },
      });
    }
  }
  app.get('/metrics', (_request, reply) => reply.header('content-type', 'text/plain; version=0.0.4; charset=utf-8').send(metrics.render()));
}
