import { equalJson } from '../../../base/json.js'
import { explainDns1035Label, explainDns1123Subdomain } from '../../object/names.js'
import { GoText } from '../field-cause.js'
import { type Findings, isSet, listOf, type Members, membersOf, structsOf, textOf } from './findings.js'
import { goStrings } from './labels.js'
import { checkStructural } from './structural-rules.js'

/** Reference: ValidateCustomResourceDefinition of k8s.io/apiextensions-apiserver. Rules in CEL are not looked at. */
export function checkNewDefinition(definition: Members, to: Findings): void {
  const spec = membersOf(definition['spec'])
  const { plural } = membersOf(spec['names'])
  const name = textOf(membersOf(definition['metadata'])['name'])
  if (name !== `${textOf(plural)}.${textOf(spec['group'])}`) {
    to.invalid('metadata.name', name, 'must be spec.names.plural+"."+spec.group')
  }
  checkDefinition(definition, to)
  const stored = listOf(membersOf(definition['status'])['storedVersions']).map(textOf)
  const storing = structsOf(spec['versions']).findLast((version) => version['storage'] === true)
  // On update the API server adds the version itself.
  if (stored.length > 0 && storing !== undefined && !stored.includes(textOf(storing['name']))) {
    const detail = `must have the storage version ${textOf(storing['name'])}`
    to.invalid('status.storedVersions', new GoText(goStrings(stored)), detail)
  }
}

function checkDefinition(definition: Members, to: Findings): void {
  const spec = membersOf(definition['spec'])
  const names = membersOf(spec['names'])
  const group = textOf(spec['group'])
  if (group === '') to.required('spec.group')
  else if (explainDns1123Subdomain(group).length > 0) to.explain('spec.group', group, explainDns1123Subdomain(group))
  else if (!group.includes('.')) to.invalid('spec.group', group, 'should be a domain with at least one dot')
  if (to.text('spec.scope', spec['scope'])) to.oneOf('spec.scope', spec['scope'], ['Cluster', 'Namespaced'])
  checkNames(names, to)
  if (spec['preserveUnknownFields'] === true) {
    const advice = 'cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead'
    to.invalid('spec.preserveUnknownFields', true, advice)
  }
  checkVersions(spec, definition, to)
  checkConversion(membersOf(spec['conversion']), to)
}

function checkNames(names: Members, to: Findings): void {
  const mixed = (text: string) =>
    explainDns1035Label(text.toLowerCase()).map((reason) => `may have mixed case, but should otherwise match: ${reason}`)
  for (const key of ['plural', 'singular']) {
    const at = `spec.names.${key}`
    if (to.text(at, names[key])) to.explain(at, names[key], explainDns1035Label(textOf(names[key])))
  }
  for (const key of ['kind', 'listKind']) {
    const at = `spec.names.${key}`
    if (to.text(at, names[key])) to.explain(at, names[key], mixed(textOf(names[key])))
  }
  if (textOf(names['kind']) !== '' && names['kind'] === names['listKind']) {
    to.invalid('spec.names.listKind', names['listKind'], 'kind and listKind may not be the same')
  }
  for (const key of ['shortNames', 'categories']) {
    for (const [index, one] of listOf(names[key]).entries()) {
      to.explain(`spec.names.${key}[${index}]`, one, explainDns1035Label(textOf(one)))
    }
  }
}

const goVersions = new GoText('[]apiextensions.CustomResourceDefinitionVersion{...}')

function checkVersions(spec: Members, definition: Members, to: Findings): void {
  const versions = structsOf(spec['versions'])
  const storing = versions.filter((version) => version['storage'] === true).map((version) => textOf(version['name']))
  const versionNames = versions.map((version) => textOf(version['name']))
  if (storing.length !== 1) to.invalid('spec.versions', goVersions, 'must have exactly one version marked as storage version')
  if (new Set(versionNames).size !== versionNames.length)
    to.invalid('spec.versions', goVersions, 'must contain unique version names')
  // Upstream moves what is the same in all versions to the top, and names it there.
  const isShared = (key: string) => versions.every((version) => equalJson(version[key] ?? null, versions[0]?.[key] ?? null))
  const schemasShared = isShared('schema')
  for (const [index, version] of versions.entries()) {
    const at = `spec.versions[${index}]`
    const name = textOf(version['name'])
    const reasons = explainDns1035Label(name)
    to.explain(`${at}.name`, name, reasons)
    if (index === 0) to.explain('spec.version', name, reasons)
    const schema = membersOf(version['schema'])['openAPIV3Schema']
    if (!isSet(schema)) to.required(`${at}.schema.openAPIV3Schema`, 'schemas are required')
    else if (!schemasShared || index === 0) {
      checkStructural(schema, schemasShared ? 'spec.validation.openAPIV3Schema' : `${at}.schema.openAPIV3Schema`, to)
    }
    if (!isShared('subresources') || index === 0) checkScale(version, isShared('subresources') ? 'spec' : at, to)
    if (!isShared('additionalPrinterColumns') || index === 0)
      checkColumns(version, isShared('additionalPrinterColumns') ? 'spec' : at, to)
  }
  const stored = listOf(membersOf(definition['status'])['storedVersions']).map(textOf)
  if (stored.length === 0) {
    to.invalid('status.storedVersions', new GoText(goStrings(stored)), 'must have at least one stored version')
    return
  }
  for (const [index, one] of stored.entries()) {
    if (versionNames.includes(one)) continue
    to.invalid(
      `status.storedVersions[${index}]`,
      one,
      `missing from spec.versions; ${one} was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in ${one} and removes ${one} from status.storedVersions`,
    )
  }
}

const simplePath = /^\.[A-Za-z0-9_.-]+$/

function checkScale(version: Members, at: string, to: Findings): void {
  const { scale } = membersOf(version['subresources'])
  if (!isSet(scale)) return
  const paths = membersOf(scale)
  const check = (key: string, prefixes: readonly string[], needed: boolean) => {
    const path = textOf(paths[key])
    const field = `${at}.subresources.scale.${key}`
    if (path === '') {
      if (needed) to.required(field)
    } else if (!simplePath.test(path)) to.invalid(field, path, 'must be a simple json path starting with .')
    else if (!prefixes.some((prefix) => path.startsWith(`${prefix}.`))) {
      to.invalid(field, path, `should be a json path under ${prefixes.join(' or ')}`)
    }
  }
  check('specReplicasPath', ['.spec'], true)
  check('statusReplicasPath', ['.status'], true)
  check('labelSelectorPath', ['.spec', '.status'], false)
}

const columnTypes = ['boolean', 'date', 'integer', 'number', 'string']

function checkColumns(version: Members, at: string, to: Findings): void {
  for (const [index, column] of structsOf(version['additionalPrinterColumns']).entries()) {
    const field = `${at}.additionalPrinterColumns[${index}]`
    to.text(`${field}.name`, column['name'])
    const type = textOf(column['type'])
    if (type === '') to.required(`${field}.type`, `must be one of ${columnTypes.join(',')}`)
    else if (!columnTypes.includes(type)) to.invalid(`${field}.type`, type, `must be one of ${columnTypes.join(',')}`)
    const path = textOf(column['jsonPath'])
    if (path === '') to.required(`${field}.JSONPath`)
    else if (!path.startsWith('.')) to.invalid(`${field}.JSONPath`, path, 'must be a simple json path starting with .')
  }
}

function checkConversion(conversion: Members, to: Findings): void {
  const { strategy, webhook } = conversion
  if (textOf(strategy) === '') {
    to.required('spec.conversion.strategy')
    return
  }
  if (strategy !== 'Webhook') {
    to.oneOf('spec.conversion.strategy', strategy, ['None', 'Webhook'])
    return
  }
  const { clientConfig, conversionReviewVersions } = membersOf(webhook)
  if (!isSet(clientConfig)) to.required('spec.conversion.webhookClientConfig', 'required when strategy is set to Webhook')
  else if (isSet(membersOf(clientConfig)['url']) === isSet(membersOf(clientConfig)['service'])) {
    to.required('spec.conversion.webhookClientConfig', 'exactly one of url or service is required')
  }
  if (listOf(conversionReviewVersions).length === 0) to.required('spec.conversion.conversionReviewVersions')
}

/** The names by which resources are stored stay; kind and scope stay once the resources are served. */
export function checkDefinitionUpdate(definition: Members, old: Members, to: Findings): void {
  checkDefinition(definition, to)
  const spec = membersOf(definition['spec'])
  const before = membersOf(old['spec'])
  const names = membersOf(spec['names'])
  const namesBefore = membersOf(before['names'])
  to.immutable('spec.group', spec['group'], spec['group'] !== before['group'])
  to.immutable('spec.names.plural', names['plural'], names['plural'] !== namesBefore['plural'])
  const conditions = structsOf(membersOf(old['status'])['conditions'])
  if (!conditions.some(({ type, status }) => type === 'Established' && status === 'True')) return
  to.immutable('spec.scope', spec['scope'], spec['scope'] !== before['scope'])
  to.immutable('spec.names.kind', names['kind'], names['kind'] !== namesBefore['kind'])
}
