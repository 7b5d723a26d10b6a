import type { Command } from 'commander'

/**
 * A command of `flotilla`: one file in `commands/`, listed in `commands/index.ts`. `register` only declares (name,
 * options, help); what the command needs is imported inside its action, so that `flotilla version` loads nothing else.
 * An action throws CodedErrors; UsageError ends with exit code 2, everything else with 1.
 */
export interface CommandEntry {
  readonly name: string
  register(program: Command, io: CommandIo): void
}

/** What a command may touch of its surroundings. */
export interface CommandIo {
  out(text: string): void
  err(text: string): void
  readonly env: Readonly<Record<string, string | undefined>>
  /** Colours and progress are for terminals (and NO_COLOR is obeyed). */
  readonly colour: boolean
  readonly interactive: boolean
  /** All of standard input, for `-f -`. */
  readStdin(): Promise<string>
  /** Sets the exit code of an otherwise successful run (`app diff` answers 1 for "differs"). */
  exitCode(code: number): void
}
