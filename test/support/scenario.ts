import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import type { Application } from '../../src/dialects/argo-cd/kinds/application.js'
import type { ApplicationSet } from '../../src/dialects/argo-cd/kinds/application-set.js'
import { applicationSetType, applicationType } from '../../src/dialects/argo-cd/kinds/resource-types.js'
import { parseYamlDocuments } from '../../src/formats/yaml/parse-yaml.js'
import { type KubeObject, keyOf, parseKey } from '../../src/kube/object/kube-object.js'
import type { ResourceType } from '../../src/kube/object/resource-type.js'
import { isNotFound } from '../../src/kube/object/status-error.js'
import { serviceCommands } from './scenario-services.js'
import { createWorld, type World } from './worlds/world.js'

/**
 * Runs a fleet script. A line that starts with `> ` is a command; what follows up to the next one is its input (push, apply,
 * patch) or the output that is expected of it (apps, conditions, objects, show). `#` starts a comment. With
 * FLOTILLA_REWRITE=1 the expected outputs are written anew: read the difference before committing it.
 *
 *     > members NAME{label=value,...} ...      a world with these members
 *     > push URL                               commits files: `--- path`, then the content; `--- path -` deletes
 *     > apply CLUSTER                          server-side apply of YAML documents, as kubectl would
 *     > patch CLUSTER RESOURCE NS/NAME         a JSON merge patch
 *     > delete CLUSTER RESOURCE NS/NAME
 *     > label MEMBER key=value key-            edits the labels of the cluster Secret
 *     > cut MEMBER | mend MEMBER               its network
 *     > unreadable URL | readable URL          a repository
 *     > settle | wait SECONDS                  virtual time
 *     > apps                                   name, sync, health of each Application
 *     > conditions                             of Applications and ApplicationSets that have any worth reading
 *     > objects CLUSTER RESOURCE [NAMESPACE]   their keys
 *     > show CLUSTER RESOURCE NS/NAME PATH     a value, as JSON; PATH is a.b.0.c
 *
 * The words about services across clusters are in scenario-services.ts.
 */
export async function runScenario(path: string): Promise<void> {
  const text = readFileSync(path, 'utf8')
  const steps = parseScenario(text)
  const rewrite = process.env.FLOTILLA_REWRITE === '1'
  let world: World | undefined
  const out: string[] = []
  try {
    for (const step of steps) {
      out.push(...step.comments, `> ${step.command}`)
      const [verb = '', ...args] = step.command.split(/\s+/)
      if (verb === 'members') {
        world = await createWorld({ members: Object.fromEntries(args.map(parseMember)) })
        continue
      }
      assert.ok(world, `${path}:${step.line}: the first command must be members`)
      const command = commands[verb]
      assert.ok(command, `${path}:${step.line}: unknown command ${verb}`)
      const output = await command(world, args, step.body)
      if (output === undefined) {
        out.push(...step.body)
        continue
      }
      const lines = output === '' ? [] : output.split('\n')
      const blank = step.body.at(-1) === '' ? [''] : []
      out.push(...lines, ...blank)
      if (!rewrite) {
        const expected = step.body.join('\n').trimEnd()
        assert.equal(output.trimEnd(), expected, `${path}:${step.line}: > ${step.command}`)
      }
    }
  } finally {
    await world?.stop()
  }
  if (rewrite) writeFileSync(path, `${out.join('\n').trimEnd()}\n`)
}

interface Step {
  readonly line: number
  readonly comments: string[]
  readonly command: string
  readonly body: string[]
}

function parseScenario(text: string): Step[] {
  const steps: Step[] = []
  let comments: string[] = []
  for (const [index, line] of text.split('\n').entries()) {
    if (line.startsWith('> ')) {
      steps.push({ line: index + 1, comments, command: line.slice(2).trim(), body: [] })
      comments = []
    } else if (line.startsWith('# ')) comments.push(line)
    else if (steps.length > 0) {
      steps.at(-1)!.body.push(...comments, line)
      comments = []
    } else comments.push(line)
  }
  return steps
}

function parseMember(text: string): [string, Record<string, string>] {
  const match = /^([a-z0-9-]+)(?:\{(.*)\})?$/.exec(text)
  assert.ok(match, `"${text}" is no member: NAME{label=value}`)
  const pairs = (match[2] ?? '').split(',').filter((pair) => pair !== '')
  return [match[1]!, Object.fromEntries(pairs.map((pair) => pair.split('=') as [string, string]))]
}

type CommandRun = (world: World, args: readonly string[], body: readonly string[]) => Promise<string | undefined>

const commands: Readonly<Record<string, CommandRun>> = {
  ...serviceCommands,
  async push(world, [url = ''], body) {
    const files: Record<string, string | null> = {}
    let current: string | undefined
    for (const line of body) {
      const start = /^--- (\S+)( -)?$/.exec(line)
      if (start) {
        current = start[1]!
        files[current] = start[2] ? null : ''
      } else if (current !== undefined && files[current] !== null) files[current] += `${line}\n`
    }
    for (const [path, content] of Object.entries(files)) if (content !== null) files[path] = `${content.trimEnd()}\n`
    world.repositories.commit({ url, files })
    return undefined
  },
  async apply(world, [cluster = ''], body) {
    const client = world.client(cluster)
    for (const { value } of parseYamlDocuments(body.join('\n'))) {
      if (value === null) continue
      const object = value as unknown as KubeObject
      const type = (await client.resources()).forKind(object.apiVersion, object.kind)
      assert.ok(type, `${cluster} does not serve ${object.apiVersion} ${object.kind}`)
      const namespace = type.namespaced ? (object.metadata.namespace ?? 'default') : undefined
      await client.patch(
        { type, ...(namespace ? { namespace } : {}), name: object.metadata.name },
        { kind: 'apply', object },
        { fieldManager: 'kubectl', force: true },
      )
    }
    return undefined
  },
  async patch(world, [cluster = '', resource = '', key = ''], body) {
    await world
      .client(cluster)
      .patch(await target(world, cluster, resource, key), { kind: 'merge', body: JSON.parse(body.join('\n')) })
    return undefined
  },
  async delete(world, [cluster = '', resource = '', key = '']) {
    await world.client(cluster).delete(await target(world, cluster, resource, key))
    return undefined
  },
  async label(world, [member = '', ...edits]) {
    const labels: Record<string, string | null> = {}
    for (const edit of edits) {
      if (edit === '--overwrite') continue
      const [key = '', value] = edit.split('=')
      if (value === undefined) labels[key.replace(/-$/, '')] = null
      else labels[key] = value
    }
    await world
      .client('hub')
      .patch(await target(world, 'hub', 'secrets', `argocd/cluster-${member}`), { kind: 'merge', body: { metadata: { labels } } })
    return undefined
  },
  async cut(world, [member = '']) {
    world.faults(member).cut()
    return undefined
  },
  async mend(world, [member = '']) {
    world.faults(member).heal()
    return undefined
  },
  async unreadable(world, [url = '']) {
    world.repositories.fail(url, 'the repository does not answer')
    return undefined
  },
  async readable(world, [url = '']) {
    world.repositories.fail(url, undefined)
    return undefined
  },
  async settle(world) {
    await world.settle()
    return undefined
  },
  async wait(world, [seconds = '0']) {
    await world.clock.advance(Number(seconds) * 1000)
    return undefined
  },
  async apps(world) {
    const { items } = await world.client('hub').list<Application>(applicationType, { namespace: 'argocd' })
    return table(items.map((app) => [app.metadata.name, app.status?.sync?.status ?? '-', app.status?.health?.status ?? '-']))
  },
  async conditions(world) {
    const hub = world.client('hub')
    const sets = await hub.list<ApplicationSet>(applicationSetType, { namespace: 'argocd' })
    const apps = await hub.list<Application>(applicationType, { namespace: 'argocd' })
    const lines: string[] = []
    for (const set of sets.items) {
      for (const each of set.status?.conditions ?? []) {
        const bad = each.type === 'ErrorOccurred' ? each.status === 'True' : each.status === 'False'
        if (bad) lines.push(`applicationset ${set.metadata.name} ${each.type}=${each.status} ${each.reason}: ${each.message}`)
      }
    }
    for (const app of apps.items) {
      for (const each of app.status?.conditions ?? [])
        lines.push(`application ${app.metadata.name} ${each.type}: ${each.message}`)
    }
    return lines.join('\n')
  },
  async objects(world, [cluster = '', resource = '', namespace]) {
    const type = await resourceType(world, cluster, resource)
    const { items } = await world.client(cluster).list(type, namespace ? { namespace } : {})
    return items.map(keyOf).join('\n')
  },
  async show(world, [cluster = '', resource = '', key = '', path = '']) {
    try {
      let value: unknown = await world.client(cluster).get(await target(world, cluster, resource, key))
      for (const part of path.split('.')) value = (value as Record<string, unknown> | undefined)?.[part]
      return JSON.stringify(value) ?? 'undefined'
    } catch (error) {
      if (isNotFound(error)) return 'not found'
      throw error
    }
  },
}

async function resourceType(world: World, cluster: string, name: string): Promise<ResourceType> {
  const type = (await world.client(cluster).resources()).forName(name)
  assert.ok(type, `${cluster} serves no ${name}`)
  return type
}

async function target(world: World, cluster: string, resource: string, key: string) {
  const type = await resourceType(world, cluster, resource)
  const { namespace, name } = parseKey(key)
  return namespace === '' ? { type, name } : { type, namespace, name }
}

function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]!.length)))
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}
