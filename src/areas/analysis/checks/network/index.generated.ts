// Written by tools/checks/index.mjs.
import type { Check } from '../../contract.js'
import { podCidrOverlap } from './pod-cidr-overlap.js'

export const networkChecks: readonly Check[] = [podCidrOverlap]
