import { GoStruct, typedList, typedMap } from '../../../../formats/go-template/values.js'
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

function dependencyJson(each: Dependency): unknown {
  return {
    name: each.name,
    repository: each.repository,
    ...(present({ version: each.version, condition: each.condition, alias: each.alias }) as object),
    ...(each.tags.length === 0 ? {} : { tags: each.tags }),
    ...(each.enabled ? { enabled: true } : {}),
    ...(each.importValues.length === 0 ? {} : { 'import-values': each.importValues }),
  }
}

function metadataJson(metadata: ChartMetadata): Record<string, unknown> {
  const { sources, keywords, maintainers, annotations, dependencies, deprecated, ...rest } = metadata
  return {
    ...(present(rest) as object),
    ...(sources.length === 0 ? {} : { sources }),
    ...(keywords.length === 0 ? {} : { keywords }),
    ...(maintainers.length === 0 ? {} : { maintainers: maintainers.map((each) => present({ ...each })) }),
    ...(annotations === undefined || Object.keys(annotations).length === 0 ? {} : { annotations }),
    ...(dependencies === undefined || dependencies.length === 0 ? {} : { dependencies: dependencies.map(dependencyJson) }),
    ...(deprecated ? { deprecated } : {}),
  }
}

function present(members: Record<string, unknown>): unknown {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== ''))
}
