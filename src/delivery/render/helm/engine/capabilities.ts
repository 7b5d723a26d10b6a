import { goFunction } from '../../../../formats/go-template/functions.js'
import { GoStruct, typedList } from '../../../../formats/go-template/values.js'
import { HelmError } from '../helm-error.js'
import type { HelmMajor } from '../helm-major.js'

/** The Kubernetes version that is assumed where nobody names one: that of the client library of Helm 3.22. */
export const defaultKubeVersion = 'v1.37.0'

export interface KubeVersion {
  /** `v1.34.1`. */
  readonly version: string
  readonly major: string
  readonly minor: string
}

/** Reads a version such as `1.31`, `v1.29.3+k3s1`; what follows the numbers is dropped, as Helm does. */
export function parseKubeVersion(text: string): KubeVersion {
  const found = /^\s*v?([0-9]+(?:\.[0-9]+)*)/.exec(text)
  if (found === null) throw new HelmError(`invalid kube version '${text}': could not parse ${JSON.stringify(text)} as version`)
  const numbers = found[1]!.split('.')
  if (numbers.length < 2) throw new HelmError(`invalid kube version '${text}': illegal version string ${JSON.stringify(text)}`)
  for (const number of numbers) {
    if (/^0[0-9]/.test(number))
      throw new HelmError(
        `invalid kube version '${text}': illegal zero-prefixed version component ${JSON.stringify(number)} in ${JSON.stringify(text)}`,
      )
  }
  return { version: `v${numbers.join('.')}`, major: numbers[0]!, minor: numbers[1]! }
}

const versions = (list: string) => list.trim().split(/\s+/)

/** What `.Capabilities.APIVersions` holds offline: the groups and versions that Helm 3.22's client library knows. */
const knownVersions: readonly string[] = versions(`
  v1 admissionregistration.k8s.io/v1 admissionregistration.k8s.io/v1alpha1 admissionregistration.k8s.io/v1beta1
  internal.apiserver.k8s.io/v1alpha1 apps/v1 apps/v1beta1 apps/v1beta2 authentication.k8s.io/v1
  authentication.k8s.io/v1alpha1 authentication.k8s.io/v1beta1 authorization.k8s.io/v1 authorization.k8s.io/v1beta1
  autoscaling/v1 autoscaling/v2 batch/v1 batch/v1beta1 certificates.k8s.io/v1 certificates.k8s.io/v1beta1
  certificates.k8s.io/v1alpha1 coordination.k8s.io/v1alpha2 coordination.k8s.io/v1beta1 coordination.k8s.io/v1
  discovery.k8s.io/v1 discovery.k8s.io/v1beta1 events.k8s.io/v1 events.k8s.io/v1beta1 extensions/v1beta1
  flowcontrol.apiserver.k8s.io/v1 flowcontrol.apiserver.k8s.io/v1beta1 flowcontrol.apiserver.k8s.io/v1beta2
  flowcontrol.apiserver.k8s.io/v1beta3 lifecycle.k8s.io/v1alpha1 networking.k8s.io/v1 networking.k8s.io/v1beta1
  node.k8s.io/v1 node.k8s.io/v1alpha1 node.k8s.io/v1beta1 policy/v1 policy/v1beta1 rbac.authorization.k8s.io/v1
  rbac.authorization.k8s.io/v1beta1 rbac.authorization.k8s.io/v1alpha1 resource.k8s.io/v1 resource.k8s.io/v1beta2
  resource.k8s.io/v1beta1 resource.k8s.io/v1alpha3 scheduling.k8s.io/v1alpha3 scheduling.k8s.io/v1beta1
  scheduling.k8s.io/v1 storage.k8s.io/v1beta1 storage.k8s.io/v1 storage.k8s.io/v1alpha1 storagemigration.k8s.io/v1
  storagemigration.k8s.io/v1beta1 apiextensions.k8s.io/v1beta1 apiextensions.k8s.io/v1
`)

/** `.Capabilities` as templates see it. */
export function capabilitiesValue(
  kubeVersion: KubeVersion,
  apis: { readonly apiVersions?: readonly string[]; readonly clusterApiVersions?: readonly string[] },
  helmMajor: HelmMajor,
): GoStruct {
  const all = apis.clusterApiVersions ?? [...knownVersions, ...(apis.apiVersions ?? [])]
  const library = helmMajor === 4 ? 'common' : 'chartutil'
  const helmVersion = helmVersions[helmMajor]
  const client = helmMajor === 4 ? { kube_client_version: 'v1.37' } : {}
  const known = new Set(all)
  const text = goFunction([], () => kubeVersion.version)
  return new GoStruct({
    type: `*${library}.Capabilities`,
    fields: {
      KubeVersion: new GoStruct({
        type: `${library}.KubeVersion`,
        fields: { Version: kubeVersion.version, Major: kubeVersion.major, Minor: kubeVersion.minor },
        methods: { String: text, GitVersion: text },
        addressText: () => kubeVersion.version,
        json: () => ({ Version: kubeVersion.version, Major: kubeVersion.major, Minor: kubeVersion.minor }),
      }),
      APIVersions: new GoStruct({
        type: `${library}.VersionSet`,
        underlying: typedList('[]string', [...all]),
        methods: { Has: goFunction(['string'], (version) => known.has(version)) },
      }),
      HelmVersion: new GoStruct({
        type: 'version.BuildInfo',
        fields: {
          Version: helmVersion,
          GitCommit: '',
          GitTreeState: '',
          GoVersion: 'go1.26',
          ...(helmMajor === 4 ? { KubeClientVersion: 'v1.37' } : {}),
        },
        json: () => ({ version: helmVersion, go_version: 'go1.26', ...client }),
      }),
    },
  })
}

/** The versions of Helm that templates are told. */
const helmVersions: Readonly<Record<HelmMajor, string>> = { 3: 'v3.22.0', 4: 'v4.3.1' }
