import { isObject } from '../../../../base/json.js'
import { checkWorkTime } from '../../../../base/work-time.js'
import { parseYaml } from '../../../../formats/yaml/parse-yaml.js'
import { buildError } from '../build-error.js'
import type { Loader } from '../sources/loader.js'
import type { NameReference, TransformerConfig } from './default-specs.js'
import type { FieldSpec } from './field-spec.js'
import { emptyConfig, mergeConfigs } from './transformer-config.js'

/**
 * A file of the field `crds`: OpenAPI definitions by type name, whose `x-kubernetes-*` extensions say which fields of a kind
 * are annotations, label selectors, names, or references to other objects.
 */
export async function loadCrdConfig(loader: Loader, path: string): Promise<TransformerConfig> {
  const name = loader.name(path)
  const text = await loader.loadText(path)
  return loader.budget.work(() => readCrdConfig(text, name))
}

function readCrdConfig(text: string, name: string): TransformerConfig {
  const data = parseYaml(text, { source: name })
  if (!isObject(data)) throw buildError(`${name}: unable to parse open API definition: expected a map of type names`)
  const reader = new CrdReader(data)
  let config = emptyConfig
  for (const typeName of Object.keys(data).sort()) {
    const properties = propertiesOf(data[typeName])
    if (properties === undefined || !['kind', 'apiVersion', 'metadata'].every((field) => Object.hasOwn(properties, field)))
      continue
    checkWorkTime()
    config = mergeConfigs(config, reader.read(typeName.split('.').pop()!, typeName))
  }
  return config
}

function propertiesOf(definition: unknown): Record<string, unknown> | undefined {
  const schema = isObject(definition) ? (definition['Schema'] ?? definition['schema']) : undefined
  const properties = isObject(schema) ? schema['properties'] : undefined
  return isObject(properties) ? properties : undefined
}

class CrdReader {
  readonly #definitions: Record<string, unknown>

  constructor(definitions: Record<string, unknown>) {
    this.#definitions = definitions
  }

  read(kind: string, typeName: string): TransformerConfig {
    const found: { [field in 'commonAnnotations' | 'commonLabels' | 'namePrefix']: FieldSpec[] } & {
      nameReference: NameReference[]
    } = {
      commonAnnotations: [],
      commonLabels: [],
      namePrefix: [],
      nameReference: [],
    }
    const visit = (name: string, path: readonly string[], open: readonly string[]): void => {
      const properties = propertiesOf(this.#definitions[name])
      if (properties === undefined || open.includes(name)) return
      for (const [field, property] of Object.entries(properties)) {
        if (!isObject(property)) continue
        const here = [...path, field]
        const spec = { kind, path: here.join('/') }
        if (typeof property['x-kubernetes-annotation'] === 'string') found.commonAnnotations.push(spec)
        if (typeof property['x-kubernetes-label-selector'] === 'string') found.commonLabels.push(spec)
        if (typeof property['x-kubernetes-identity'] === 'string') found.namePrefix.push(spec)
        const version = property['x-kubernetes-object-ref-api-version']
        const target = property['x-kubernetes-object-ref-kind']
        if (typeof version === 'string' && typeof target === 'string') {
          const nameKey = property['x-kubernetes-object-ref-name-key']
          const key = typeof nameKey === 'string' ? nameKey : 'name'
          const fieldSpecs = [{ kind, path: [...here, key].join('/') }]
          found.nameReference.push({ group: '', version, kind: target, fieldSpecs })
        }
        const reference = property['$ref']
        if (typeof reference === 'string') visit(reference, here, [...open, name])
      }
    }
    visit(typeName, [], [])
    return mergeConfigs({ ...emptyConfig }, { ...emptyConfig, ...found })
  }
}
