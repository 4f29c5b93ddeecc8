import type { Route } from '../route.ts'
import { connectorRoutes } from './connectors.ts'
import { lifecycleRoutes } from './lifecycle.ts'
import { pluginRoutes } from './plugins.ts'
import { rootRoutes } from './root.ts'
import { taskRoutes } from './tasks.ts'

/** The whole REST API. A new path is one more entry in one of these. */
export const routes: readonly Route[] = [
  ...rootRoutes,
  ...connectorRoutes,
  ...lifecycleRoutes,
  ...taskRoutes,
  ...pluginRoutes,
]
