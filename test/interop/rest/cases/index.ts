import type { Case } from '../case.ts'
import { connectorCases } from './connectors.ts'
import { generalCases } from './general.ts'
import { lifecycleCases } from './lifecycle.ts'
import { offsetCases } from './offsets.ts'
import { loggerCases, pluginCases } from './plugins.ts'

export const restCases: readonly Case[] = [
  ...generalCases,
  ...connectorCases,
  ...lifecycleCases,
  ...offsetCases,
  ...pluginCases,
  ...loggerCases,
]
