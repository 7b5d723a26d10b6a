// Written by tools/checks/index.mjs.
import type { Check } from '../../contract.js'
import { serviceImportByHand } from './service-import-by-hand.js'

export const servicesChecks: readonly Check[] = [serviceImportByHand]
