import type { Case } from '../case.ts'
import { connectorCases } from './connectors.ts'
import { generalCases } from './general.ts'
import { lifecycleCases } from './lifecycle.ts'
import { loggerCases } from './loggers.ts'
import { offsetCases } from './offsets.ts'
import { pluginCases } from './plugins.ts'
import { providerCases } from './providers.ts'
import { recordCases } from './records.ts'
import { validateCases } from './validate.ts'

export const restCases: readonly Case[] = [
  ...generalCases,
  ...connectorCases,
  ...lifecycleCases,
  ...offsetCases,
  ...pluginCases,
  ...validateCases,
  ...providerCases,
  ...recordCases,
  ...loggerCases,
]
