import { chmodSync, mkdirSync } from 'node:fs'
import { join, posix } from 'node:path'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import type { ReadObject } from '../environment.js'
import type { PodFacts } from '../field-values.js'
import { pathSegment } from '../path-segment.js'
import type { Container, Pod, Volume } from '../pod-types.js'
import type { Mount } from '../process/messages.js'
import { expandVariables } from '../variables.js'
import { hostPathDirectory, nodeRoot } from './host-path.js'
import { makeInside } from './make-inside.js'
import { MountProblem } from './mount-problem.js'
import { type IssueToken, volumePayload } from './volume-payload.js'
import { writeAtomically } from './write-atomically.js'

export interface VolumePorts {
  readonly read: ReadObject
  readonly issue: IssueToken
  readonly claimDirectory?: (claim: KubeObject) => string
  /** Holds the file systems of the cluster's nodes, by their names. */
  readonly nodesDirectory: string
  /** Names the directory of one state of a volume. */
  stamp(): string
}

/** The volumes of one pod, as directories below `directory`. */
export class PodVolumes {
  readonly #directory: string
  readonly #ports: VolumePorts
  readonly #places = new Map<string, string>()
  readonly #inMemory = new Set<string>()
  #group: number | undefined
  /** When the tokens in a volume have to be asked for anew. */
  readonly #renewAt = new Map<string, number>()

  #closed = false

  constructor(directory: string, ports: VolumePorts) {
    this.#directory = directory
    this.#ports = ports
  }

  /** Sets up what is missing and renews what has changed. Throws MountProblem naming the first volume that cannot be had. */
  async refresh(facts: PodFacts, nowMs: number): Promise<void> {
    this.#group = facts.pod.spec.securityContext?.fsGroup
    for (const volume of facts.pod.spec.volumes ?? []) {
      try {
        await this.#refreshOne(volume, facts, nowMs)
      } catch (error) {
        if (!(error instanceof MountProblem)) throw error
        throw new MountProblem(`MountVolume.SetUp failed for volume "${volume.name}" : ${error.message}`)
      }
    }
  }

  /** The pod is gone: what is still on its way to a volume is not written any more. */
  close(): void {
    this.#closed = true
  }

  /** When time alone asks for a refresh; infinite: never. */
  get nextRenewal(): number {
    return Math.min(...this.#renewAt.values(), Number.POSITIVE_INFINITY)
  }

  /** Whether time alone asks for a refresh. */
  isDue(nowMs: number): boolean {
    return [...this.#renewAt.values()].some((at) => at <= nowMs)
  }

  /** The ConfigMaps and Secrets that the volumes show, as `resource namespace/name`. */
  static references(pod: Pod): Set<string> {
    const namespace = pod.metadata.namespace ?? ''
    const found = new Set<string>()
    const add = (source: Record<string, unknown> | undefined) => {
      const map = source?.['configMap'] as { name?: string } | undefined
      const secret = source?.['secret'] as { name?: string; secretName?: string } | undefined
      if (map) found.add(`configmaps ${namespace}/${map.name}`)
      if (secret) found.add(`secrets ${namespace}/${secret.secretName ?? secret.name}`)
    }
    for (const volume of pod.spec.volumes ?? []) {
      add(volume)
      for (const source of (volume['projected'] as { sources?: Record<string, unknown>[] } | undefined)?.sources ?? [])
        add(source)
    }
    return found
  }

  /** Where the mounts of a container lead. */
  mounts(container: Container, env: Readonly<Record<string, string>>): Mount[] {
    return (container.volumeMounts ?? []).map((mount) => {
      const place = this.#places.get(mount.name)
      if (place === undefined) throw new MountProblem(`volume "${mount.name}" of mount ${mount.mountPath} is not there`)
      const subPath = mount.subPathExpr ? expandVariables(mount.subPathExpr, (name) => env[name]) : (mount.subPath ?? '')
      const inside = posix.normalize(`/${subPath}`)
      if (subPath.startsWith('/')) throw new MountProblem(`subPath ${subPath} must be a relative path`)
      if (subPath.split('/').includes('..')) throw new MountProblem(`subPath ${subPath} must not contain ..`)
      // A sub-path that is not there is made, as a directory; in the volumes of objects it is a link to a file.
      const shown = this.#isShown(mount.name)
      const real = makeInside(place, inside, `subPath ${subPath}`)
      return {
        path: posix.resolve('/', mount.mountPath),
        // Of objects the link stays, since what it leads to changes with them.
        directory: shown ? join(place, inside) : real,
        readOnly: mount.readOnly === true || shown,
        ...(this.#inMemory.has(mount.name) ? { inMemory: true } : {}),
        ...(this.#group === undefined ? {} : { group: this.#group }),
      }
    })
  }

  #isShown(volume: string): boolean {
    return this.#places.get(volume)?.startsWith(join(this.#directory, 'shown')) ?? false
  }

  async #refreshOne(volume: Volume, facts: PodFacts, nowMs: number): Promise<void> {
    const name = pathSegment(volume.name, 'the volume')
    const empty = volume['emptyDir'] as { medium?: string } | null | undefined
    const isHeld = ['secret', 'projected', 'downwardAPI'].some((kind) => volume[kind] !== undefined)
    if (empty?.medium === 'Memory' || isHeld) this.#inMemory.add(name)
    if (empty !== undefined) {
      const place = join(this.#directory, 'empty', name)
      if (this.#places.has(name)) return
      this.#directoryFor(name, place)
      // For everybody in the pod; nobody else gets through the pod's own directory.
      chmodSync(place, 0o777)
      return
    }
    const claim = volume['persistentVolumeClaim'] as { claimName: string } | undefined
    const ephemeral = volume['ephemeral'] !== undefined
    if (claim || ephemeral) {
      return this.#claim(name, ephemeral ? `${facts.pod.metadata.name}-${name}` : (claim?.claimName ?? ''), facts)
    }
    if (volume['hostPath'] !== undefined) {
      const root = nodeRoot(this.#ports.nodesDirectory, pathSegment(facts.pod.spec.nodeName, 'the node'))
      this.#places.set(name, hostPathDirectory(volume['hostPath'] as { path?: string; type?: string }, root))
      return
    }
    const place = join(this.#directory, 'shown', name)
    const due = this.#renewAt.get(name)
    const issue: IssueToken = (audience, seconds) => this.#token(name, audience, seconds, due !== undefined && due > nowMs)
    const payload = await volumePayload(volume, facts, this.#ports.read, issue)
    if (payload === undefined) {
      const kind = Object.keys(volume).find((key) => key !== 'name') ?? 'unknown'
      throw new MountProblem(`volumes of type ${kind} are not supported for pods that run as processes`)
    }
    if (this.#closed) throw new MountProblem('the pod is gone')
    writeAtomically(place, payload.files, this.#ports.stamp())
    this.#places.set(name, place)
    if (payload.renewAtMs !== undefined) this.#renewAt.set(name, payload.renewAtMs)
  }

  readonly #tokens = new Map<string, { token: string; expiresAtMs: number }>()

  async #token(
    volume: string,
    audience: string | undefined,
    seconds: number,
    keep: boolean,
  ): Promise<{ token: string; expiresAtMs: number }> {
    const key = `${volume} ${audience ?? ''} ${seconds}`
    const known = this.#tokens.get(key)
    if (keep && known !== undefined) return known
    const issued = await this.#ports.issue(audience, seconds)
    this.#tokens.set(key, issued)
    return issued
  }

  #claim(name: string, claimName: string, facts: PodFacts): void {
    const claim = this.#ports.read('persistentvolumeclaims', `${facts.pod.metadata.namespace}/${claimName}`)
    if (claim === undefined) throw new MountProblem(`persistentvolumeclaim "${claimName}" not found`)
    if ((claim['status'] as { phase?: string } | undefined)?.phase !== 'Bound')
      throw new MountProblem(`persistentvolumeclaim "${claimName}" is not bound`)
    if (this.#ports.claimDirectory === undefined) throw new MountProblem('this fleet keeps no files for claims')
    pathSegment(claim.metadata.uid, 'the uid of the claim')
    this.#directoryFor(name, this.#ports.claimDirectory(claim))
  }

  #directoryFor(name: string, directory: string): void {
    mkdirSync(directory, { recursive: true, mode: 0o700 })
    this.#places.set(name, directory)
  }
}
