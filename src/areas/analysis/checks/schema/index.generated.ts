// Written by tools/checks/index.mjs.
import type { Check } from '../../contract.js'
import { indentationLost } from './indentation-lost.js'

export const schemaChecks: readonly Check[] = [indentationLost]
