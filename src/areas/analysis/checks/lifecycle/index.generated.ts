// Written by tools/checks/index.mjs.
import type { Check } from '../../contract.js'
import { eksctlUnknownFlag } from './eksctl-unknown-flag.js'

export const lifecycleChecks: readonly Check[] = [eksctlUnknownFlag]
