import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseYaml } from '../../../src/formats/yaml/parse-yaml.js'

/** What is known of the specs of one group (`sig-apps.yaml`). Specs are named by parts of their full names. */
export interface SpecList {
  readonly sig: string
  /** Run when nobody asks for more: quick ones that stand for the rest. */
  readonly quick: readonly string[]
  /** Fail, and why. They are left out. */
  readonly known: readonly { readonly spec: string; readonly why: string }[]
}

const folder = 'test/real/kubernetes-e2e'

/** One file for each group of upstream. */
export function readSpecLists(): SpecList[] {
  const files = readdirSync(folder).filter((name) => name.endsWith('.yaml'))
  return files.sort().map((name) => {
    const { quick, known } = parseYaml(readFileSync(join(folder, name), 'utf8')) as unknown as Partial<SpecList>
    return { sig: name.slice(0, -'.yaml'.length), quick: quick ?? [], known: known ?? [] }
  })
}
