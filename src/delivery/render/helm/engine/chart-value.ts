import { compareText } from '../../../../base/compare-text.js'
import { type GoMap, GoStruct, typedList, typedMap } from '../../../../formats/go-template/values.js'
import type { Chart, ChartMetadata, Dependency, Maintainer } from '../chart/chart.js'

/** `.Chart`: Chart.yaml under Go's names, and whether the chart is the one that is rendered. */
export function chartValue(chart: Chart): GoStruct {
  const { metadata } = chart
  const isRoot = chart.parent === undefined
  return new GoStruct({
    type: 'struct { chart.Metadata; IsRoot bool }',
    fields: {
      ...metadataFields(metadata),
      IsRoot: isRoot,
    },
    json: () => ({ ...metadataJson(metadata), IsRoot: isRoot }),
  })
}

/** `.Chart` in Helm 4: a map of the same names, all of them there; whatever else is asked for is nil. */
export function chartMap(chart: Chart): GoMap {
  const { metadata } = chart
  return {
    Name: metadata.name,
    Home: metadata.home,
    Sources: [...metadata.sources],
    Version: metadata.version,
    Description: metadata.description,
    Keywords: [...metadata.keywords],
    Maintainers: metadata.maintainers.map(({ name, email, url }) => ({ Name: name, Email: email, URL: url })),
    Icon: metadata.icon,
    APIVersion: metadata.apiVersion,
    Condition: metadata.condition,
    Tags: metadata.tags,
    AppVersion: metadata.appVersion,
    Deprecated: metadata.deprecated,
    Annotations: typedMap('map[string]string', { ...metadata.annotations }),
    KubeVersion: metadata.kubeVersion,
    Dependencies: (metadata.dependencies ?? []).map((each) => ({
      Name: each.name,
      Version: each.version,
      Repository: each.repository,
      Condition: each.condition,
      Tags: [...each.tags],
      Enabled: each.enabled,
      ImportValues: [...each.importValues],
      Alias: each.alias,
    })),
    Type: metadata.type,
    IsRoot: chart.parent === undefined,
  }
}

function texts(list: readonly string[]): unknown[] {
  return typedList('[]string', [...list], list.length === 0)
}

function metadataFields(metadata: ChartMetadata): Record<string, unknown> {
  const fields = {
    Name: metadata.name,
    Home: metadata.home,
    Sources: texts(metadata.sources),
    Version: metadata.version,
    Description: metadata.description,
    Keywords: texts(metadata.keywords),
    Maintainers: typedList('[]*chart.Maintainer', metadata.maintainers.map(maintainerValue)),
    Icon: metadata.icon,
    APIVersion: metadata.apiVersion,
    Condition: metadata.condition,
    Tags: metadata.tags,
    AppVersion: metadata.appVersion,
    Deprecated: metadata.deprecated,
    Annotations: typedMap('map[string]string', { ...metadata.annotations }),
    KubeVersion: metadata.kubeVersion,
    Dependencies: typedList('[]*chart.Dependency', (metadata.dependencies ?? []).map(dependencyValue)),
    Type: metadata.type,
  }
  return { ...fields, Metadata: new GoStruct({ type: 'chart.Metadata', fields, json: () => metadataJson(metadata) }) }
}

function maintainerValue({ name, email, url }: Maintainer): GoStruct {
  return new GoStruct({
    type: '*chart.Maintainer',
    fields: { Name: name, Email: email, URL: url },
    json: () => present({ name, email, url }),
  })
}

function dependencyValue(each: Dependency): GoStruct {
  return new GoStruct({
    type: '*chart.Dependency',
    fields: {
      Name: each.name,
      Version: each.version,
      Repository: each.repository,
      Condition: each.condition,
      Tags: texts(each.tags),
      Enabled: each.enabled,
      ImportValues: [...each.importValues],
      Alias: each.alias,
    },
    json: () => dependencyJson(each),
  })
}

/** In the order of Go's fields: encoding/json keeps it. */
function dependencyJson(each: Dependency): unknown {
  return {
    name: each.name,
    ...present({ version: each.version }),
    repository: each.repository,
    ...present({ condition: each.condition }),
    ...(each.tags.length === 0 ? {} : { tags: each.tags }),
    ...(each.enabled ? { enabled: true } : {}),
    ...(each.importValues.length === 0 ? {} : { 'import-values': each.importValues }),
    ...present({ alias: each.alias }),
  }
}

function metadataJson(metadata: ChartMetadata): Record<string, unknown> {
  const { sources, keywords, maintainers, annotations, dependencies } = metadata
  const sorted = Object.entries(annotations ?? {}).sort(([a], [b]) => compareText(a, b))
  return {
    ...present({ name: metadata.name, home: metadata.home }),
    ...(sources.length === 0 ? {} : { sources }),
    ...present({ version: metadata.version, description: metadata.description }),
    ...(keywords.length === 0 ? {} : { keywords }),
    ...(maintainers.length === 0
      ? {}
      : { maintainers: maintainers.map(({ name, email, url }) => present({ name, email, url })) }),
    ...present({
      icon: metadata.icon,
      apiVersion: metadata.apiVersion,
      condition: metadata.condition,
      tags: metadata.tags,
      appVersion: metadata.appVersion,
    }),
    ...(metadata.deprecated ? { deprecated: true } : {}),
    ...(sorted.length === 0 ? {} : { annotations: Object.fromEntries(sorted) }),
    ...present({ kubeVersion: metadata.kubeVersion }),
    ...(dependencies === undefined || dependencies.length === 0 ? {} : { dependencies: dependencies.map(dependencyJson) }),
    ...present({ type: metadata.type }),
  }
}

function present(members: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== ''))
}
