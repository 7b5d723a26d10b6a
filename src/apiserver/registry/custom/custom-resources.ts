import { isObject, type Json, type JsonObject } from '../../../base/json.js'
import { apiVersionOf, type KubeObject } from '../../../kube/object/kube-object.js'
import type { ResourceType } from '../../../kube/object/resource-type.js'
import { customRuleTree } from '../../../kube/schema/custom-validation/rule-environment.js'
import type { RuleTree } from '../../../kube/schema/custom-validation/rule-tree.js'
import type { SchemaNode } from '../../../kube/schema/schema-node.js'
import { fromStructuralSchema } from '../../../kube/schema/structural.js'
import { applySchemaDefaults } from '../../../kube/schema/structural-defaults.js'
import type { ScalePaths, Strategy } from '../lifecycles/strategy.js'
import type { Resource, VersionConversion } from '../resource.js'
import { type ConversionSpec, WebhookConversion } from './webhook-conversion.js'

/** apiextensions.k8s.io/v1 CustomResourceDefinition, as far as serving needs it. */
export interface DefinitionSpec {
  readonly group: string
  readonly scope: 'Namespaced' | 'Cluster'
  readonly names: DefinitionNames
  readonly versions: readonly DefinitionVersion[]
  readonly preserveUnknownFields?: boolean
  readonly conversion?: ConversionSpec
}

export interface DefinitionNames {
  readonly kind: string
  readonly plural: string
  readonly singular?: string
  readonly listKind?: string
  readonly shortNames?: readonly string[]
  readonly categories?: readonly string[]
}

export interface DefinitionVersion {
  readonly name: string
  readonly served: boolean
  readonly storage: boolean
  readonly deprecated?: boolean
  readonly deprecationWarning?: string
  readonly schema?: { readonly openAPIV3Schema?: JsonObject }
  readonly subresources?: {
    readonly status?: object
    readonly scale?: { specReplicasPath: string; statusReplicasPath: string; labelSelectorPath?: string }
  }
  readonly selectableFields?: readonly { jsonPath: string }[]
  readonly additionalPrinterColumns?: readonly Readonly<Record<string, unknown>>[]
}

export function definitionSpec(definition: KubeObject): DefinitionSpec {
  return definition['spec'] as DefinitionSpec
}

export function storageVersionOf(spec: DefinitionSpec): DefinitionVersion | undefined {
  return spec.versions.find((version) => version.storage)
}

/**
 * The resources that a definition serves, the preferred version first (the newest stable one, as kube-apiserver orders): none
 * until its names are accepted, and by those names afterwards.
 */
export function customResourcesOf(definition: KubeObject): readonly Resource[] {
  // Definitions that every cluster has are one object for all of them.
  let resources = known.get(definition)
  if (resources === undefined) known.set(definition, (resources = readDefinition(definition)))
  return resources
}

const known = new WeakMap<KubeObject, readonly Resource[]>()

function readDefinition(definition: KubeObject): readonly Resource[] {
  const status = definition['status'] as
    | { acceptedNames?: DefinitionNames; conditions?: Json[]; storedVersions?: string[] }
    | undefined
  const established = (status?.conditions ?? []).some(
    (condition) => isObject(condition) && condition['type'] === 'Established' && condition['status'] === 'True',
  )
  if (!established) return []
  const asked = definitionSpec(definition)
  const spec = { ...asked, names: { ...asked.names, ...status?.acceptedNames } }
  const stored = storageVersionOf(spec)
  if (stored === undefined) return []
  const isMixed = status?.storedVersions?.some((name) => name !== stored.name) ?? false
  const webhook = spec.conversion?.strategy === 'Webhook' ? webhookOf(spec, spec.conversion, stored) : undefined
  return spec.versions
    .filter((version) => version.served)
    .sort((a, b) => compareVersions(a.name, b.name))
    .map((version) => resourceOf(definition.metadata.name, spec, version, { name: stored.name, isMixed, webhook }))
}

/** What a version without a schema allows. */
const anything: JsonObject = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }

function webhookOf(spec: DefinitionSpec, conversion: ConversionSpec, stored: DefinitionVersion): WebhookConversion {
  const { names, group, versions } = spec
  const schemaOf = ({ schema }: DefinitionVersion) => {
    let made: SchemaNode | undefined
    return () => (made ??= fromStructuralSchema(schema?.openAPIV3Schema ?? anything))
  }
  return new WebhookConversion({
    spec: conversion,
    schemas: new Map(versions.map((version) => [apiVersionOf(group, version.name), schemaOf(version)])),
    storedVersion: apiVersionOf(group, stored.name),
    resource: `${names.plural}.${group}`,
  })
}

/** What is written now; `isMixed`: objects of other versions are stored still. */
interface StoredVersion {
  readonly name: string
  readonly isMixed: boolean
  readonly webhook: WebhookConversion | undefined
}

function resourceOf(name: string, spec: DefinitionSpec, version: DefinitionVersion, stored: StoredVersion): Resource {
  const { names, group } = spec
  const { subresources } = version
  const hasStatus = subresources?.status !== undefined
  const hasScale = subresources?.scale !== undefined
  const type: ResourceType = {
    group,
    version: version.name,
    kind: names.kind,
    plural: names.plural,
    namespaced: spec.scope === 'Namespaced',
    singular: names.singular || names.kind.toLowerCase(),
    verbs: ['delete', 'deletecollection', 'get', 'list', 'patch', 'create', 'update', 'watch'],
    ...(names.shortNames?.length ? { shortNames: names.shortNames } : {}),
    ...(names.categories?.length ? { categories: names.categories } : {}),
    ...(hasStatus || hasScale ? { subresources: [...(hasStatus ? ['status'] : []), ...(hasScale ? ['scale'] : [])] } : {}),
  }
  const apiVersion = apiVersionOf(group, version.name)
  let schema: SchemaNode | undefined
  const openApi = version.schema?.openAPIV3Schema ?? anything
  const schemaOf = () => (schema ??= fromStructuralSchema(openApi))
  const scale = subresources?.scale
  let rules: { readonly tree: RuleTree | undefined } | undefined
  return {
    type,
    apiVersion,
    stored: `${names.plural}.${group}`,
    strategy: strategyOf(version),
    ...conversionOf(version, apiVersion, { ...stored, name: apiVersionOf(group, stored.name) }, schemaOf),
    // Large definitions come in scores; most of their kinds are never written.
    get schema() {
      return schemaOf()
    },
    custom: {
      definition: name,
      ...(version.deprecated === true
        ? { deprecation: version.deprecationWarning ?? `${apiVersion} ${names.kind} is deprecated` }
        : {}),
      ...(stored.webhook === undefined ? {} : { webhook: stored.webhook }),
      version: version as unknown as Readonly<Record<string, unknown>>,
      rules: {
        scale,
        get schema() {
          return schemaOf()
        },
        // Compiled with the first write.
        get rules() {
          rules ??= { tree: customRuleTree(openApi) }
          return rules.tree
        },
      },
    },
  }
}

function strategyOf(version: DefinitionVersion): Strategy {
  const { subresources, selectableFields } = version
  const scale = subresources?.scale
  return {
    generation: true,
    ...(subresources?.status === undefined ? {} : { status: true }),
    ...(selectableFields?.length
      ? { selectable: Object.fromEntries(selectableFields.map(({ jsonPath }) => [dotless(jsonPath), dotless(jsonPath)])) }
      : {}),
    ...(isObject(scale) ? { scale: scalePaths(scale as NonNullable<typeof scale>) } : {}),
  }
}

function scalePaths(scale: { specReplicasPath: string; statusReplicasPath: string; labelSelectorPath?: string }): ScalePaths {
  return {
    specReplicas: dotless(scale.specReplicasPath),
    statusReplicas: dotless(scale.statusReplicasPath),
    ...(scale.labelSelectorPath ? { selector: dotless(scale.labelSelectorPath), selectorIs: 'text' as const } : {}),
  }
}

function dotless(path: string): string {
  return path.replace(/^\./, '')
}

/**
 * What makes the stored object one of this version. Conversion strategy None: versions differ in their name only. Defaults
 * count on reads too, since a default may be younger than the object. Views are kept as long as the stored object lives.
 */
function conversionOf(
  version: DefinitionVersion,
  apiVersion: string,
  { name: storedApiVersion, isMixed, webhook }: StoredVersion,
  schemaOf: () => SchemaNode,
): { conversion?: VersionConversion } {
  const hasDefaults = JSON.stringify(version.schema ?? {}).includes('"default":')
  if (apiVersion === storedApiVersion && !hasDefaults && !isMixed && webhook === undefined) return {}
  const views = new WeakMap<KubeObject, KubeObject>()
  const conversion: VersionConversion = {
    toStored: (object) => (object.apiVersion === storedApiVersion ? object : { ...object, apiVersion: storedApiVersion }),
    fromStored(object) {
      let view = views.get(object)
      if (view === undefined) {
        const converted = webhook?.view(object, apiVersion)
        view = converted ?? (object.apiVersion === apiVersion ? object : { ...object, apiVersion })
        if (hasDefaults) view = applySchemaDefaults(schemaOf(), view)
        if (webhook === undefined || converted !== undefined) views.set(object, view)
      }
      return view
    },
  }
  return { conversion }
}

/** GA before beta before alpha, higher numbers first, others last by name. */
export function compareVersions(a: string, b: string): number {
  const left = rank(a)
  const right = rank(b)
  if (left === undefined || right === undefined) {
    if (left !== right) return left === undefined ? 1 : -1
    return a < b ? -1 : a > b ? 1 : 0
  }
  for (let index = 0; index < 3; index++) if (left[index] !== right[index]) return right[index]! - left[index]!
  return 0
}

function rank(version: string): [number, number, number] | undefined {
  const match = /^v([1-9]\d*)(?:(alpha|beta)([1-9]\d*))?$/.exec(version)
  if (match === null) return undefined
  const stability = match[2] === undefined ? 3 : match[2] === 'beta' ? 2 : 1
  return [stability, Number(match[1]), Number(match[3] ?? 0)]
}
