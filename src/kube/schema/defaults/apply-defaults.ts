import { cloneJson, isObject } from '../../../base/json.js'
import { formatQuantity, parseQuantity, roundUpToMilli } from '../../object/quantity.js'
import { builtInSchemas } from '../built-in.js'
import type { SchemaNode } from '../schema-node.js'
import { clusterDefaults } from './cluster-defaults.js'
import { isZero, type Members, type Put } from './defaulter.js'
import { podDefaults } from './pod-defaults.js'
import { workloadDefaults } from './workload-defaults.js'

const defaulters = new Map(Object.entries({ ...podDefaults, ...workloadDefaults, ...clusterDefaults }))

/**
 * Fills in the defaults of kube-apiserver for an object of a built-in kind, and what its conversions to the internal types
 * and back change. Gives the same object when nothing is to be filled in, a new one otherwise. Objects of other kinds are
 * returned as they are.
 *
 * Reference: SetDefaults_* and SetObjectDefaults_* of k8s.io/kubernetes/pkg/apis, feature gates at their defaults.
 */
export function applyDefaults<T extends object>(apiVersion: string, kind: string, object: T): T {
  const schema = builtInSchemas.forKind(apiVersion, kind)
  if (schema === undefined) return object
  const copy = cloneJson(object)
  let changed = false
  const put: Put = (struct, key, value) => {
    changed = true
    if (value === undefined) delete struct[key]
    else struct[key] = value
  }
  defaultStruct(schema, copy as Members, put)
  return changed ? copy : object
}

/** Structs that have neither defaults nor structs with defaults in them. */
const plain = new Set([
  'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta',
  'io.k8s.apimachinery.pkg.apis.meta.v1.LabelSelector',
  'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceValidation',
  'io.k8s.api.core.v1.Affinity',
  'io.k8s.api.core.v1.SecurityContext',
])

function defaultStruct(schema: SchemaNode, struct: Members, put: Put): void {
  if (schema.name !== undefined) defaulters.get(schema.name)?.(struct, put)
  for (const [key, field] of schema.fields ?? []) {
    const node = field.schema
    const value = struct[key]
    if (value === undefined || value === null) {
      if (node.default !== undefined && (field.pointer === true || !isZero(node.default))) put(struct, key, node.default)
      else if (node.type === 'struct' && field.pointer !== true) defaultAbsent(node, key, struct, put)
    } else if (node.default !== undefined && field.pointer !== true && isZero(value) && !isZero(node.default)) {
      put(struct, key, node.default)
    } else defaultValue(node, value, put)
  }
}

/** In Go a struct that is no pointer is always there: its defaults apply even when the JSON has none. */
function defaultAbsent(node: SchemaNode, key: string, struct: Members, put: Put): void {
  if (plain.has(node.name ?? '')) return
  const made: Members = {}
  let filled = false
  defaultStruct(node, made, (target, name, value) => {
    filled = true
    put(target, name, value)
  })
  if (filled) put(struct, key, made)
}

function defaultValue(node: SchemaNode, value: unknown, put: Put): void {
  if (node.type === 'struct') {
    if (isObject(value) && !plain.has(node.name ?? '')) defaultStruct(node, value, put)
  } else if (node.type === 'list' && node.items !== undefined && Array.isArray(value)) {
    if (node.items.type === 'struct') for (const item of value) defaultValue(node.items, item, put)
  } else if (node.type === 'map' && node.items !== undefined && isObject(value)) {
    if (node.items.type === 'quantity') roundResources(value, put)
    else if (node.items.type === 'struct') for (const item of Object.values(value)) defaultValue(node.items, item, put)
  }
}

/** Resources are kept in thousandths, and in canonical text. What is no quantity is left for validation. */
function roundResources(resources: Members, put: Put): void {
  for (const [name, value] of Object.entries(resources)) {
    if (typeof value !== 'string' && typeof value !== 'number') continue
    let text: string
    try {
      text = formatQuantity(roundUpToMilli(parseQuantity(value)))
    } catch {
      continue
    }
    if (text !== value) put(resources, name, text)
  }
}
