/**
 * Words that stand in state and internal topics as small numbers: the names of primitives and the
 * values they usually have. They save most of a row's bytes, and decoding gives one shared string
 * instead of a new one a row.
 *
 * W1. The number of a word is its place in the list, and it is kept in state: words are only ever
 *     added at the end. A golden test holds the lists.
 * W2. A text that is not in the list is written out; nothing depends on a word being listed.
 */
export class Vocabulary {
  private readonly words: readonly string[]
  private readonly codes: ReadonlyMap<string, number>

  constructor(words: readonly string[]) {
    this.words = words
    this.codes = new Map(words.map((word, code) => [word, code]))
  }

  get size(): number {
    return this.words.length
  }

  /** −1: not listed. */
  codeOf(word: string): number {
    return this.codes.get(word) ?? -1
  }

  wordOf(code: number): string | undefined {
    return this.words[code]
  }
}

export const primitiveWords = new Vocabulary([
  'motor.input_modality',
  'motor.paste_burst_rate',
  'motor.keystroke_cadence',
  'motor.digraph_simhash',
  'motor.motor_stability',
  'motor.error_correction',
  'motor.command_chunking',
  'motor.shell_mastery.tab_completion',
  'motor.shell_mastery.shortcut_usage',
  'motor.shell_mastery.pipe_chaining_depth',
  'cognitive.inter_command_latency_class',
  'cognitive.inter_command_consistency',
  'cognitive.command_branch_diversity',
  'cognitive.feedback_loop_engagement',
  'cognitive.cognitive_load',
  'cognitive.exploration_style',
  'cognitive.planning_depth',
  'cognitive.tool_vocabulary',
  'cognitive.error_resilience.retry_tactic',
  'cognitive.error_resilience.frustration_typing',
  'cognitive.error_resilience.fallback_to_man',
  'temporal.session_duration',
  'temporal.escalation_pattern',
  'temporal.lifecycle_markers.landing_ritual',
  'temporal.lifecycle_markers.exit_behavior',
  'operational.objective',
  'operational.opsec_discipline',
  'operational.cleanup_behavior',
  'operational.multi_actor_indicators',
  'environmental.shell_type',
  'environmental.terminal_multiplexer',
  'environmental.keyboard_layout',
  'environmental.locale',
  'environmental.numpad_usage',
  'emotional_valence.valence',
  'emotional_valence.arousal',
  'emotional_valence.stress_response',
  'emotional_valence.frustration_venting',
  'temporal.session_timing',
  'temporal.persistence',
  'temporal.lifecycle_markers.idle_periodicity',
  'cultural.meal_break_gaps',
  'cultural.periodic_micro_pauses',
  'cultural.dst_behavior',
  'cultural.weekend_cadence',
  'cultural.holiday_gaps',
  'toolchain.c2.beacon_interval_ms',
  'toolchain.tls.jarm_server',
  'toolchain.ssh.hassh_client',
  'toolchain.payload.payload_simhash',
  'toolchain.ssh.kex_algorithm_order',
])

const VALUES = `
typed pasted mixed none occasional habitual machine steady bursty hunt_and_peck variable tremor
immediate deferred absent route_around fluent fragmented single_command moderate heavy shallow deep
instant typing_speed deliberate llm_lightweight llm_heavyweight long metronomic bimodal
linear_playbook adaptive_branching unknown closed_loop fire_and_forget low medium high methodical
chaotic targeted reactive narrow broad rerun switch abort modify present short marathon sustained
erratic graceful abrupt cleanup recon exfil persistence lateral destructive careless learning careful
partial thorough solo handoff_detected team_coordinated bash zsh fish powershell cmd.exe tmux screen
qwerty azerty qwertz other detected not_detected positive neutral negative low_calm medium_engaged
high_agitated eustress_positive distress_negative diurnal nocturnal irregular hit_and_run
return_visitor resident und en-US
`

export const valueWords = new Vocabulary(VALUES.trim().split(/\s+/))
