import type { Route } from '../route.ts'
import { connectorConfigRoutes } from './connector-config.ts'
import { connectorRoutes } from './connectors.ts'
import { documentRoutes } from './document.ts'
import { internalRoutes } from './internal.ts'
import { lifecycleRoutes } from './lifecycle.ts'
import { loggerRoutes } from './loggers.ts'
import { offsetRoutes } from './offsets.ts'
import { pluginRoutes } from './plugins.ts'
import { previewRoutes } from './preview.ts'
import { revocationRoutes } from './revocations.ts'
import { rootRoutes } from './root.ts'
import { taskRoutes } from './tasks.ts'
import { topicRoutes } from './topics.ts'

/** The whole REST API. A new path is one more entry in one of these. */
export const routes: readonly Route[] = [
  ...rootRoutes,
  ...connectorRoutes,
  ...connectorConfigRoutes,
  ...lifecycleRoutes,
  ...taskRoutes,
  ...topicRoutes,
  ...offsetRoutes,
  ...pluginRoutes,
  ...previewRoutes,
  ...loggerRoutes,
  ...revocationRoutes,
  ...documentRoutes,
  ...internalRoutes,
]
