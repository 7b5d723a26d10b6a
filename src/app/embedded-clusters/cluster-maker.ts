import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { parseNodes } from '../../apiserver/members/nodes/instance-types.js'
import { CodedError } from '../../base/errors.js'
import type { KubeClient } from '../../kube/client/kube-client.js'
import { isAlreadyExists, isNotFound } from '../../kube/object/status-error.js'
import type { EmbeddedAgents } from '../agent/embedded-agents.js'
import type { DataDirectory } from '../fleet/data-directory.js'
import type { EmbeddedApi } from '../fleet/embedded-api.js'
import { writeKubeconfig } from '../fleet/fleet-files.js'
import { type FleetNetwork, ownAddressOf } from '../fleet/fleet-network.js'
import type { FleetPki } from '../fleet/fleet-pki.js'
import type { FleetRegister } from '../fleet/fleet-register.js'
import { memberLabels } from '../fleet/member-labels.js'
import { clusterSecretName, type MemberRegistration, registerMembers } from '../fleet/register-members.js'
import { secretType } from '../system/core-types.js'
import type { ClusterMaker } from './controller.js'
import { type EmbeddedClusterSpec, embeddedClusterType } from './embedded-cluster.js'

export interface ClusterMakerOptions {
  readonly register: FleetRegister
  readonly network: FleetNetwork
  readonly directory: DataDirectory
  readonly pki: FleetPki
  readonly api: EmbeddedApi
  readonly hub: KubeClient
  readonly namespace: string
  /** For members that are reached by their agents. */
  readonly agents: EmbeddedAgents
}

/**
 * Makes members of a running fleet: an address, a certificate that holds for it, the API, a context in the kubeconfig, a cluster
 * Secret on the hub; and takes all of that away again, in the other order.
 */
export function createClusterMaker(options: ClusterMakerOptions): ClusterMaker {
  const { register, network, directory, pki, api, hub, namespace, agents } = options
  const isHub = (name: string) => name === register.hubName || name === 'in-cluster'
  /** Those of which every step is done: the fleet has started with them, or they were made since. */
  const made = new Set(register.config.members.map(({ name }) => name))
  /** Ports, certificate and files are everybody's: one change at a time. */
  let last: Promise<unknown> = Promise.resolve()
  const alone = <T>(work: () => Promise<T>): Promise<T> => {
    const next = last.then(work, work)
    last = next.catch(() => undefined)
    return next
  }
  async function make(name: string, spec: EmbeddedClusterSpec): Promise<{ server: string; version: string }> {
    if (isHub(name) || !/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(name)) {
      throw new CodedError({
        code: 'bad-cluster-name',
        message: isHub(name) ? `"${name}" is the name of the hub` : `"${name}" is no name for a cluster`,
        fix: 'Choose another name for the member: a DNS label.',
      })
    }
    if (spec.nodes !== undefined) parseNodes(spec.nodes)
    const fresh = register.find(name) === undefined
    const place = await register.add({
      name,
      ...(spec.nodes === undefined ? {} : { nodes: spec.nodes }),
      ...(spec.profile === undefined ? {} : { profile: spec.profile }),
      ...(spec.address === 'Own' ? { ownAddress: true } : {}),
      ...(spec.reach === 'Pull' ? { pulled: true } : {}),
    })
    if (fresh) {
      try {
        api.setCertificate(await pki.serverFor(addressesOf(register, network)))
        await api.serve(name, place)
      } catch (error) {
        // What is left of it goes with the EmbeddedCluster, or is taken up by the next try.
        register.remove(name)
        throw error
      }
    }
    if (!made.has(name)) {
      register.save()
      writeKubeconfig(directory, register.description, pki)
      const labels = { ...memberLabels(name, register.config.members.length - 1), ...spec.labels }
      if (register.member(name)?.pulled) await agents.start(name, labels)
      else await registerMembers(hub, { namespace, members: [registrationOf(register, pki, name, labels)] })
      made.add(name)
    }
    const version = api.clusters.get(name)?.api.version.gitVersion ?? ''
    return { server: register.serverOf(name) ?? '', version }
  }
  async function unmake(name: string): Promise<void> {
    if (isHub(name) || (register.member(name) === undefined && api.clusters.get(name) === undefined)) return
    made.delete(name)
    register.leave(name)
    if (register.member(name)?.pulled) await agents.remove(name)
    await hub.delete({ type: secretType, namespace, name: clusterSecretName(name) }).catch((error: unknown) => {
      if (!isNotFound(error)) throw error
    })
    await api.refuse(name)
    api.delay(name, 0)
    await api.clusters.delete(name)
    // The claims went without a word to whoever keeps their files.
    rmSync(directory.file(join('volumes', name)), { recursive: true, force: true })
    register.remove(name)
    register.save()
    writeKubeconfig(directory, register.description, pki)
  }
  return {
    make(name, spec) {
      // Most looks find the cluster there already.
      const server = register.serverOf(name)
      const version = api.clusters.get(name)?.api.version.gitVersion
      if (made.has(name) && server !== undefined && version !== undefined) {
        return Promise.resolve({ server, version })
      }
      return alone(() => make(name, spec))
    },
    unmake: (name) => alone(() => unmake(name)),
  }
}

/** Under which addresses the API servers are reached besides the usual ones. */
export function addressesOf(register: FleetRegister, network: FleetNetwork): string[] {
  const own = register.config.members.flatMap(({ name, ownAddress }) => {
    const address = ownAddress ? ownAddressOf(register.find(name)?.number ?? -1) : undefined
    return address === undefined ? [] : [address]
  })
  return [...network.apiServiceAddresses, ...own]
}

export function registrationOf(
  register: FleetRegister,
  pki: FleetPki,
  name: string,
  labels: Readonly<Record<string, string>>,
): MemberRegistration {
  return { name, server: register.serverOf(name) ?? '', labels, token: pki.hubToken, caPem: pki.caPem }
}

/** Every member that the fleet starts with has its object too, so that all of them are looked at and deleted in one way. */
export async function installEmbeddedClusters(
  hub: KubeClient,
  members: readonly { name: string; nodes?: string; profile?: 'member' | 'bare'; ownAddress?: boolean; pulled?: boolean }[],
): Promise<void> {
  await Promise.all(
    members.map(async ({ name, nodes, profile, ownAddress, pulled }) => {
      const spec = {
        ...(nodes === undefined ? {} : { nodes }),
        ...(profile === undefined ? {} : { profile }),
        ...(ownAddress ? { address: 'Own' } : {}),
        ...(pulled ? { reach: 'Pull' } : {}),
      }
      const object = { apiVersion: 'flotilla.dev/v1alpha1', kind: 'EmbeddedCluster', metadata: { name }, spec }
      try {
        await hub.create(embeddedClusterType, object)
      } catch (error) {
        if (!isAlreadyExists(error)) throw error
      }
    }),
  )
}
