// Written by tools/checks/index.mjs.
import type { Check } from '../../contract.js'
import { apiDeprecated } from './api-deprecated.js'
import { apiRemoved } from './api-removed.js'
import { backendMissing } from './backend-missing.js'
import { calledServiceMissing } from './called-service-missing.js'
import { fieldType } from './field-type.js'
import { fieldUnknown } from './field-unknown.js'
import { indentationLost } from './indentation-lost.js'
import { kindUnknown } from './kind-unknown.js'
import { objectRefused } from './object-refused.js'
import { podReferenceMissing } from './pod-reference-missing.js'
import { roleMissing } from './role-missing.js'
import { scaleTargetMissing } from './scale-target-missing.js'
import { serviceSelectsNothing } from './service-selects-nothing.js'
import { serviceTargetPort } from './service-target-port.js'

export const schemaChecks: readonly Check[] = [apiDeprecated, apiRemoved, backendMissing, calledServiceMissing, fieldType, fieldUnknown, indentationLost, kindUnknown, objectRefused, podReferenceMissing, roleMissing, scaleTargetMissing, serviceSelectsNothing, serviceTargetPort]
