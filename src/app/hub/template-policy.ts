import type { KubeClient } from '../../kube/client/kube-client.js'
import type { KubeObject } from '../../kube/object/kube-object.js'
import type { ResourceType } from '../../kube/object/resource-type.js'

const admission = (kind: string, plural: string): ResourceType => ({
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind,
  plural,
  namespaced: false,
})
const name = 'flotilla-templates'
/** Namespaces of a hub whose workloads are templates for clusters. */
export const templatesNamespaceLabel = 'flotilla.dev/templates'

/**
 * A hub that is a Kubernetes cluster of its own runs what is applied to it. This policy refuses pods in namespaces that carry the label
 * `flotilla.dev/templates=true`: the workloads there are templates and nothing more.
 */
export async function installTemplatePolicy(hub: KubeClient): Promise<void> {
  const metadata = { name }
  const policy: KubeObject = {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingAdmissionPolicy',
    metadata,
    spec: {
      failurePolicy: 'Fail',
      matchConstraints: {
        resourceRules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] }],
      },
      validations: [
        {
          expression: 'false',
          message: `the namespace has the label ${templatesNamespaceLabel}=true: its workloads run in the clusters of the fleet, not here`,
          reason: 'Forbidden',
        },
      ],
    },
  }
  const binding: KubeObject = {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingAdmissionPolicyBinding',
    metadata,
    spec: {
      policyName: name,
      validationActions: ['Deny'],
      matchResources: { namespaceSelector: { matchLabels: { [templatesNamespaceLabel]: 'true' } } },
    },
  }
  const options = { fieldManager: 'flotilla', force: true }
  const policies = admission('ValidatingAdmissionPolicy', 'validatingadmissionpolicies')
  const bindings = admission('ValidatingAdmissionPolicyBinding', 'validatingadmissionpolicybindings')
  await hub.patch({ type: policies, name }, { kind: 'apply', object: policy }, options)
  await hub.patch({ type: bindings, name }, { kind: 'apply', object: binding }, options)
}
