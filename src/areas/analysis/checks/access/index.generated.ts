// Written by tools/checks/index.mjs.
import type { Check } from '../../contract.js'

export const accessChecks: readonly Check[] = []
