import { messageOf } from '../../../base/errors.js'
import { isObject } from '../../../base/json.js'
import { parseYaml } from '../../../formats/yaml/parse-yaml.js'
import { applyStrategicMergePatch } from '../../../kube/apply/strategic-merge.js'
import type { FieldNode, SchemaNode } from '../../../kube/schema/schema-node.js'
import type { Application } from '../kinds/application.js'

const anything: SchemaNode = { type: 'any' }
const text: SchemaNode = { type: 'string' }

function field(schema: SchemaNode): FieldNode {
  return { schema, required: false }
}

/** What strategic merge knows of an Application: lists replace each other but for those of its metadata. */
const applicationSchema: SchemaNode = {
  type: 'struct',
  name: 'Application',
  preserveUnknown: true,
  fields: new Map([
    [
      'metadata',
      field({
        type: 'struct',
        preserveUnknown: true,
        fields: new Map([
          ['finalizers', field({ type: 'list', items: text, patchStrategy: ['merge'] })],
          ['ownerReferences', field({ type: 'list', items: anything, patchStrategy: ['merge'], patchMergeKey: 'uid' })],
          ['labels', field({ type: 'map', items: text })],
          ['annotations', field({ type: 'map', items: text })],
        ]),
      }),
    ],
    ['spec', field(anything)],
    ['status', field(anything)],
    ['operation', field(anything)],
  ]),
}

/**
 * The application with a rendered templatePatch (YAML or JSON) laid over it, as Kubernetes merges patches into typed
 * objects. The project stays what the template says. Throws with what is wrong.
 */
export function applyTemplatePatch(application: Application, patchText: string): Application {
  let patch: unknown
  try {
    patch = parseYaml(patchText, { source: 'templatePatch' })
  } catch (error) {
    throw new Error(`invalid templatePatch: ${messageOf(error)}`)
  }
  if (patch === null) return application
  if (!isObject(patch)) throw new Error(`invalid templatePatch: expected an object, found ${JSON.stringify(patch)}`)
  const patched = applyStrategicMergePatch(applicationSchema, application, patch)
  if (!isObject(patched) || !isObject(patched['spec']) || !isObject(patched['metadata'])) {
    throw new Error('invalid templatePatch: it takes away the metadata or the spec of the application')
  }
  const result = patched as unknown as Application
  return { ...result, spec: { ...result.spec, project: application.spec.project } }
}
