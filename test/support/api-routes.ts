import type { RouteOptions } from 'fastify'
import type { ApiUnderTest } from './api-under-test.ts'

/** Every route of the API, as registered: without those that only answer HEAD. */
export async function routesOf({ app }: ApiUnderTest): Promise<RouteOptions[]> {
  const routes: RouteOptions[] = []
  app.addHook('onRoute', (route) => {
    if (route.method !== 'HEAD') routes.push(route)
  })
  await app.ready()
  return routes
}
