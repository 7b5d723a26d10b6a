import { equalJson } from '../../../base/json.js'
import { explainDns1035Label, explainDns1123Subdomain } from '../../object/names.js'
import { GoText } from '../field-cause.js'
import { type Findings, isSet, listOf, type Members, membersOf, structsOf, textOf } from '../validation/findings.js'
import { goStrings } from '../validation/labels.js'
import { checkApproval } from './approval.js'
import { checkConversion } from './conversion.js'
import { checkColumns, checkNames, checkScale, explained } from './definition-parts.js'
import { checkOpenApiSchema } from './openapi-schema.js'
import { checkSelectableFields } from './selectable-fields.js'

/** Reference: ValidateCustomResourceDefinition of k8s.io/apiextensions-apiserver. */
export function checkNewDefinition(definition: Members, to: Findings): void {
  const spec = membersOf(definition['spec'])
  const { plural } = membersOf(spec['names'])
  const name = textOf(membersOf(definition['metadata'])['name'])
  if (name !== '' && name !== `${textOf(plural)}.${textOf(spec['group'])}`) {
    to.invalid('metadata.name', name, 'must be spec.names.plural+"."+spec.group')
  }
  checkSpec(definition, undefined, to)
  checkStatus(definition, true, to)
  checkApproval(definition, undefined, to)
  checkPreserving(spec, to)
}

/** The names by which resources are stored stay; kind and scope stay once the resources are served. */
export function checkDefinitionUpdate(definition: Members, old: Members, to: Findings): void {
  checkSpec(definition, old, to)
  const spec = membersOf(definition['spec'])
  const before = membersOf(old['spec'])
  const names = membersOf(spec['names'])
  const namesBefore = membersOf(before['names'])
  const conditions = structsOf(membersOf(old['status'])['conditions'])
  if (conditions.some(({ type, status }) => type === 'Established' && status === 'True')) {
    to.immutable('spec.scope', spec['scope'], spec['scope'] !== before['scope'])
    to.immutable('spec.names.kind', names['kind'], names['kind'] !== namesBefore['kind'])
  }
  to.immutable('spec.group', spec['group'], spec['group'] !== before['group'])
  to.immutable('spec.names.plural', names['plural'], names['plural'] !== namesBefore['plural'])
  checkStatus(definition, false, to)
  checkApproval(definition, old, to)
  checkPreserving(spec, to)
}

function checkPreserving(spec: Members, to: Findings): void {
  if (spec['preserveUnknownFields'] !== true) return
  const advice = 'cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead'
  to.invalid('spec.preserveUnknownFields', true, advice)
}

function checkSpec(definition: Members, old: Members | undefined, to: Findings): void {
  const spec = membersOf(definition['spec'])
  const group = textOf(spec['group'])
  if (group === '') to.required('spec.group')
  else if (explained('spec.group', group, explainDns1123Subdomain(group), '', to)) {
    if (!group.includes('.')) to.invalid('spec.group', group, 'should be a domain with at least one dot')
  }
  if (to.text('spec.scope', spec['scope'])) to.oneOf('spec.scope', spec['scope'], ['Cluster', 'Namespaced'])
  const versions = structsOf(spec['versions'])
  for (const [index, version] of versions.entries()) {
    if (!isSet(membersOf(version['schema'])['openAPIV3Schema'])) {
      to.required(`spec.versions[${index}].schema.openAPIV3Schema`, 'schemas are required')
    }
  }
  checkVersions(versions, old, to)
  for (const key of ['plural', 'singular', 'kind', 'listKind']) to.text(`spec.names.${key}`, membersOf(spec['names'])[key])
  checkNames(membersOf(spec['names']), 'spec.names', to)
  checkShared(versions, old, to)
  const { conversion } = spec
  if (isSet(conversion)) {
    const { strategy } = membersOf(conversion)
    if (strategy !== 'None' && spec['preserveUnknownFields'] === true) {
      to.invalid('spec.conversion.strategy', textOf(strategy), 'must be None if spec.preserveUnknownFields is true')
    }
    checkConversion(membersOf(conversion), to)
  }
}

/** Upstream moves what is the same in all versions to the top, and names it there. */
function isShared(versions: readonly Members[], key: string): boolean {
  return versions.every((version) => equalJson(version[key] ?? null, versions[0]?.[key] ?? null))
}

function checkVersions(versions: readonly Members[], old: Members | undefined, to: Findings): void {
  const [schemas, subresources, columns, selectable] = [
    'schema',
    'subresources',
    'additionalPrinterColumns',
    'selectableFields',
  ].map((key) => isShared(versions, key))
  for (const [index, version] of versions.entries()) {
    const at = `spec.versions[${index}]`
    const name = textOf(version['name'])
    explained(`${at}.name`, name, explainDns1035Label(name), '', to)
    checkDeprecation(version, `${at}.deprecationWarning`, to)
    if (!schemas) {
      const unchanged = old !== undefined && isUnchanged(version, old)
      checkOpenApiSchema(version, `${at}.schema`, { hasStatus: hasStatus(version), unchanged }, to)
    }
    if (!subresources) checkScale(version, at, to)
    if (!columns) checkColumns(version, at, to)
    if (!selectable && listOf(version['selectableFields']).length > 0) {
      if (schemas) {
        const detail = 'selectableFields may only be set when version.schema.openAPIV3Schema is not included'
        to.invalid(`${at}.selectableFields`, '', detail)
      } else checkSelectableFields(version['selectableFields'], schemaOf(version), `${at}.selectableFields`, to)
    }
  }
  const names = versions.map((version) => textOf(version['name']))
  if (new Set(names).size !== names.length)
    to.invalid('spec.versions', printVersions(versions), 'must contain unique version names')
  if (versions.filter((version) => version['storage'] === true).length !== 1) {
    to.invalid('spec.versions', printVersions(versions), 'must have exactly one version marked as storage version')
  }
  // The field of the first API version of definitions, which upstream still fills in.
  const [first] = names
  if (first !== undefined && first !== '') explained('spec.version', first, explainDns1035Label(first), '', to)
}

function checkShared(versions: readonly Members[], old: Members | undefined, to: Findings): void {
  const [first] = versions
  if (first === undefined) return
  if (isShared(versions, 'schema')) {
    const unchanged = old !== undefined && isUnchanged(first, old)
    checkOpenApiSchema(first, 'spec.validation', { hasStatus: versions.some(hasStatus), unchanged }, to)
  }
  if (isShared(versions, 'subresources')) checkScale(first, 'spec', to)
  if (isShared(versions, 'additionalPrinterColumns')) checkColumns(first, 'spec', to)
  if (isShared(versions, 'selectableFields') && listOf(first['selectableFields']).length > 0) {
    if (isShared(versions, 'schema')) {
      checkSelectableFields(first['selectableFields'], schemaOf(first), 'spec.selectableFields', to)
    } else {
      to.invalid('spec.selectableFields', '', 'selectableFields may only be set when validations.schema is included')
    }
  }
}

function schemaOf(version: Members): Members {
  return membersOf(membersOf(version['schema'])['openAPIV3Schema'])
}

function hasStatus(version: Members): boolean {
  return isSet(membersOf(version['subresources'])['status'])
}

function isUnchanged(version: Members, old: Members): boolean {
  const before = structsOf(membersOf(old['spec'])['versions']).find(({ name }) => name === version['name'])
  return before !== undefined && equalJson(before['schema'], version['schema'])
}

function checkDeprecation(version: Members, field: string, to: Findings): void {
  const { deprecated, deprecationWarning: text } = version
  if (typeof text !== 'string') return
  if (deprecated !== true) {
    to.invalid(field, text, 'can only be set for deprecated versions')
    return
  }
  if (new TextEncoder().encode(text).length > 256) to.invalid(field, text, 'must be <= 256 characters long')
  if (text === '') to.invalid(field, text, 'must not be an empty string')
  // Of spaces Go prints the ASCII one only.
  const hidden = /[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/u.exec(text)
  if (hidden === null) return
  const at = new TextEncoder().encode(text.slice(0, hidden.index)).length
  to.invalid(field, text, `must only contain printable UTF-8 characters; non-printable character found at index ${at}`)
}

function checkStatus(definition: Members, isNew: boolean, to: Findings): void {
  const { storedVersions } = membersOf(definition['status'])
  const versions = structsOf(membersOf(definition['spec'])['versions'])
  const stored = listOf(storedVersions).map(textOf)
  if (stored.length === 0) {
    to.invalid('status.storedVersions', new GoText('[]string(nil)'), 'must have at least one stored version')
    return
  }
  for (const version of versions) {
    const name = textOf(version['name'])
    // On update the API server adds the version itself.
    if (!isNew || version['storage'] !== true || stored.includes(name)) continue
    to.invalid('status.storedVersions', new GoText(goStrings(stored)), `must have the storage version ${name}`)
  }
  for (const [index, one] of stored.entries()) {
    if (versions.some((version) => version['name'] === one)) continue
    to.invalid(
      `status.storedVersions[${index}]`,
      one,
      `missing from spec.versions; ${one} was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in ${one} and removes ${one} from status.storedVersions`,
    )
  }
}

/** Go prints all that versions hold; what they say of their schemas is left out here. */
function printVersions(versions: readonly Members[]): GoText {
  const prefix = 'apiextensions.CustomResourceDefinitionVersion'
  const one = (version: Members) =>
    `${prefix}{Name:${JSON.stringify(textOf(version['name']))}, Served:${version['served'] === true}, ` +
    `Storage:${version['storage'] === true}, Deprecated:${version['deprecated'] === true}, DeprecationWarning:(*string)(nil), ` +
    'Schema:(*apiextensions.CustomResourceValidation)(nil), Subresources:(*apiextensions.CustomResourceSubresources)(nil), ' +
    'AdditionalPrinterColumns:[]apiextensions.CustomResourceColumnDefinition(nil), SelectableFields:[]apiextensions.SelectableField(nil)}'
  return new GoText(`[]${prefix}{${versions.map(one).join(', ')}}`)
}
