import { definitionEnvironment } from '../custom-validation/rule-environment.js'
import { GoText } from '../field-cause.js'
import { Findings, isSet, type Members, membersOf } from '../validation/findings.js'
import { defaultCauses } from './default-rules.js'
import { RuleCosts } from './rule-costs.js'
import { checkSchemaRules, type RuleChecks } from './schema-rules.js'
import { structuralCauses, unstructurableReason } from './structural-invariants.js'

/** What may stand at the root of a schema whose status is written apart, in the names that Go has for it. */
const atRoot =
  'Description Type Format Title Maximum ExclusiveMaximum Minimum ExclusiveMinimum MaxLength MinLength Pattern MaxItems MinItems ' +
  'UniqueItems MultipleOf Required Items Properties ExternalDocs Example XPreserveUnknownFields XValidations'

const rootNames: ReadonlySet<string> = new Set(
  atRoot.split(' ').map((name) => {
    const known = name.startsWith('X') ? { XPreserveUnknownFields: 'x-kubernetes-preserve-unknown-fields' }[name] : undefined
    return known ?? (name === 'XValidations' ? 'x-kubernetes-validations' : name.charAt(0).toLowerCase() + name.slice(1))
  }),
)

export interface SchemaOptions {
  readonly hasStatus: boolean
  /** The schema is that of before the write: its rules may cost more than new ones. */
  readonly unchanged: boolean
}

/** The schema of a version. `field` names what holds it. Reference: validateCustomResourceDefinitionValidation. */
export function checkOpenApiSchema(version: Members, field: string, options: SchemaOptions, to: Findings): void {
  const { openAPIV3Schema } = membersOf(version['schema'])
  if (!isSet(openAPIV3Schema)) return
  const schema = membersOf(openAPIV3Schema)
  const at = `${field}.openAPIV3Schema`
  const found = new Findings()
  if (options.hasStatus) checkRootOfStatus(schema, at, found)
  if (schema['nullable'] === true) found.forbidden(`${at}.nullable`, 'nullable cannot be true at the root')
  const problem = unstructurableReason(schema)
  let checks: RuleChecks | undefined
  if (problem === undefined) {
    const environment = definitionEnvironment(schema)
    const structural = structuralCauses(schema, at)
    const causes = structural.length > 0 ? structural : defaultCauses(schema, at, environment)
    found.causes.push(...causes)
    if (causes.length === 0 && environment !== undefined) {
      checks = { environment, costs: new RuleCosts(), suppressed: options.unchanged }
    }
  }
  checkSchemaRules(schema, at, checks, found)
  if (problem !== undefined && found.causes.length === 0) found.invalid(at, '', problem)
  to.causes.push(...found.causes, ...(checks?.costs.totalCauses(at) ?? []))
}

function checkRootOfStatus(schema: Members, field: string, to: Findings): void {
  const { type } = schema
  if (isSet(type) && type !== 'object') {
    const detail = 'only "object" is allowed as the type at the root of the schema if the status subresource is enabled'
    to.invalid(`${field}.type`, type, detail)
    return
  }
  if (Object.keys(schema).every((keyword) => rootNames.has(keyword))) return
  const detail = `only [${atRoot}] fields are allowed at the root of the schema if the status subresource is enabled`
  to.invalid(field, new GoText('apiextensions.JSONSchemaProps{...}'), detail)
}
