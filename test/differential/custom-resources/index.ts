import type { Case } from '../case.js'
import { definitionCases } from './definition-cases.js'
import { ruleCases } from './rule-cases.js'
import { valueCases } from './value-cases.js'

/** Custom resources: what definitions, rules and objects are accepted. Compared without the order of causes. */
export const customResourceCases: readonly Case[] = [...definitionCases, ...ruleCases, ...valueCases]
