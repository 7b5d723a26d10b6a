// Written by tools/checks/index.mjs.
import type { Check } from '../../contract.js'

export const federationChecks: readonly Check[] = []
