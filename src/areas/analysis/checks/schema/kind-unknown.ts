import { closest } from '../../../../base/closest.js'
import { builtInSchemas } from '../../../../kube/schema/built-in.js'
import { builtInResources } from '../../../../kube/schema/resources.js'
import { defineCheck } from '../../contract.js'
import { isMisspelling } from '../../references/misspelling.js'
import { KnownSchemas } from '../../schema/known-schemas.js'
import { removedApi } from '../../schema/removed-apis.js'

/** Of versions of Kubernetes that are newer than the schemas here. */
const newer =
  /^(VolumeAttributesClass|MutatingAdmissionPolicy|MutatingAdmissionPolicyBinding|PodCertificateRequest|StorageVersionMigration|ClusterTrustBundle|Workload|PodGroup)$/

/** Files of the API server itself, in the form that they had before their group. */
const ownFiles = /^(EncryptionConfig|AdmissionConfiguration)$/

const kindsOfGroup = new Map<string, Set<string>>()
const versionsOfKind = new Map<string, string[]>()
for (const { group, version, kind } of builtInResources) {
  kindsOfGroup.set(group, (kindsOfGroup.get(group) ?? new Set()).add(kind))
  const apiVersion = group === '' ? version : `${group}/${version}`
  versionsOfKind.set(kind, [...(versionsOfKind.get(kind) ?? []), apiVersion])
}

export const kindUnknown = defineCheck({
  id: 'kind-unknown',
  topic: 'schema',
  severity: 'error',
  title: 'There is no such kind',
  why: 'The API server has no such kind under this API version and refuses the object with `no matches for kind`.',
  evidence: ['Kubernetes API: discovery'],
  fix: 'Correct apiVersion or kind.',
  *run(model) {
    const schemas = new KnownSchemas(model)
    for (const object of model.objects) {
      const { group, version, kind, apiVersion } = object
      if (kind === '' || apiVersion === '') {
        // A resource of Azure is no object at all, which is another finding.
        if (/^microsoft\./i.test(apiVersion)) continue
        yield {
          message: `${object.name === '' ? 'an object' : object.name} has no ${kind === '' ? 'kind' : 'apiVersion'}`,
          at: [object.atKey(kind === '' ? 'apiVersion' : 'kind')],
          fix: `Add ${kind === '' ? 'kind' : 'apiVersion'}.`,
        }
        continue
      }
      // Some tools number the formats of their own files.
      if (group === '' && version !== 'v1' && !versionsOfKind.has(kind)) continue
      const kinds = kindsOfGroup.get(group)
      if (kinds === undefined) {
        // A group that nobody here knows may be anybody's; a kind of Kubernetes under no group at all is a slip.
        if (!/^[a-z]+$/.test(group) || !versionsOfKind.has(kind)) {
          const named = schemas.kindsOf(group)
          const meant = named.includes(kind) ? undefined : named.find((each) => isMisspelling(each, kind))
          if (meant !== undefined)
            yield {
              message: `${apiVersion} has no kind ${kind}: did you mean ${meant}?`,
              at: [object.at('kind')],
              edits: [{ kind: 'set' as const, view: object, path: ['kind'], value: meant }],
            }
          continue
        }
      }
      if (
        builtInSchemas.forKind(apiVersion, kind) !== undefined ||
        removedApi(apiVersion, kind) !== undefined ||
        kind.endsWith('List') ||
        newer.test(kind) ||
        (group === '' && ownFiles.test(kind))
      )
        continue
      if (model.kinds('apiextensions.k8s.io', 'CustomResourceDefinition').some((crd) => crd.text('spec', 'group') === group))
        continue
      // Alpha and beta versions come and go, and are not all known here.
      if (kinds?.has(kind) === true && /alpha|beta/.test(version)) continue
      if (kinds !== undefined && /alpha|beta/.test(version)) continue
      const right = versionsOfKind.get(kind)
      const near = right?.join(' or ') ?? closest(kind, kinds ?? [])
      yield {
        message: `${apiVersion} has no kind ${kind}${near === undefined ? '' : right === undefined ? `: did you mean ${near}?` : `: it is of ${near}`}`,
        at: [object.at(right === undefined ? 'kind' : 'apiVersion')],
        ...(right?.length === 1
          ? { edits: [{ kind: 'set' as const, view: object, path: ['apiVersion'], value: right[0]! }] }
          : {}),
      }
    }
  },
})
