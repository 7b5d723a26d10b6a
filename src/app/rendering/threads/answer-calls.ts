import { setImmediate } from 'node:timers/promises'
import type { ChartInflation, RemoteSources, RenderRequest } from '../../../delivery/render/contract.js'
import type { Tree } from '../../../delivery/render/tree.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import type { CallArguments, CallName, Calls, SentTree } from './messages.js'

/** What renders have from the hub's thread besides their request. */
export interface ThreadPorts {
  readonly remote?: RemoteSources
  readonly pull?: ChartInflation['pull']
}

type Answers = { [Name in CallName]: (...given: CallArguments<Name>) => Promise<ReturnType<Calls[Name]>> }

/** Answers what a thread asks for one render. */
export class CallAnswers {
  readonly objects: KubeObject[] = []
  readonly #request: RenderRequest
  readonly #ports: ThreadPorts
  readonly #trees: Tree[] = []

  constructor(request: RenderRequest, ports: ThreadPorts) {
    this.#request = request
    this.#ports = ports
  }

  sendTree(tree: Tree): SentTree {
    const known = this.#trees.indexOf(tree)
    const number = known === -1 ? this.#trees.push(tree) - 1 : known
    return { number, id: tree.id, hasRealPath: tree.realPath !== undefined }
  }

  answer(name: CallName, given: readonly unknown[]): Promise<unknown> {
    return (this.#answers[name] as (...given: readonly unknown[]) => Promise<unknown>)(...given)
  }

  readonly #answers: Answers = {
    read: async (tree, path) => copyOf(await this.#trees[tree]!.read(path)),
    hash: (tree, path) => this.#trees[tree]!.hash(path),
    list: (tree, path) => this.#trees[tree]!.list(path),
    realPath: async (tree, path) => this.#trees[tree]!.realPath?.(path),
    lookup: (...asked) => this.#request.target.lookup!(...asked),
    repository: async (request) => this.sendTree(await this.#ports.remote!.repository(request)),
    file: async (url) => copyOf(await this.#ports.remote!.file(url))!,
    pull: async (request) => {
      const { tree, path } = await this.#ports.pull!(request)
      return { tree: this.sendTree(tree), path }
    },
    take: async (objects) => {
      for (const object of JSON.parse(objects) as KubeObject[]) this.objects.push(object)
      await setImmediate()
      return undefined
    },
  }
}

/** Bytes may be a part of something large, all of which would be copied. */
function copyOf(bytes: Uint8Array | undefined): Uint8Array | undefined {
  return bytes && new Uint8Array(bytes)
}
