// Written by tools/checks/index.mjs.
import type { Check } from '../../contract.js'
import { apiRemoved } from './api-removed.js'
import { fieldType } from './field-type.js'
import { fieldUnknown } from './field-unknown.js'
import { indentationLost } from './indentation-lost.js'
import { kindUnknown } from './kind-unknown.js'
import { objectRefused } from './object-refused.js'

export const schemaChecks: readonly Check[] = [apiRemoved, fieldType, fieldUnknown, indentationLost, kindUnknown, objectRefused]
