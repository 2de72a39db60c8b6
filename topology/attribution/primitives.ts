/**
 * The registry of primitives: every name the domain lists, its kind, and its values where those
 * are listed. Only the kind decides how a series is merged; a value outside the list is merged
 * like any other.
 */
export type PrimitiveKind = 'categorical' | 'numeric' | 'hash' | 'array' | 'free_string' | 'bool'

/** The three ways to merge a series. */
export type MergerKind = 'categorical' | 'numeric' | 'hash'

export interface Primitive {
  readonly name: string
  readonly kind: PrimitiveKind
  /** Empty: not listed. */
  readonly values: readonly string[]
}

/** `name: value, value …`; a line without values lists none. */
const CATEGORICAL = `
motor.input_modality: typed pasted mixed
motor.paste_burst_rate: none occasional habitual
motor.keystroke_cadence: machine steady bursty hunt_and_peck
motor.motor_stability: steady variable tremor
motor.error_correction: immediate deferred absent route_around
motor.command_chunking: fluent fragmented single_command
motor.shell_mastery.tab_completion: none occasional habitual
motor.shell_mastery.shortcut_usage: none moderate heavy
motor.shell_mastery.pipe_chaining_depth: shallow moderate deep
cognitive.inter_command_latency_class: instant typing_speed deliberate llm_lightweight llm_heavyweight long
cognitive.inter_command_consistency: metronomic variable bimodal
cognitive.command_branch_diversity: linear_playbook adaptive_branching unknown
cognitive.feedback_loop_engagement: closed_loop fire_and_forget unknown
cognitive.cognitive_load: low medium high
cognitive.exploration_style: methodical chaotic targeted
cognitive.planning_depth: reactive shallow deep
cognitive.tool_vocabulary: narrow moderate broad
cognitive.error_resilience.retry_tactic: rerun switch abort modify
cognitive.error_resilience.frustration_typing: low moderate high
cognitive.error_resilience.fallback_to_man: present absent
temporal.session_duration: short medium long marathon
temporal.escalation_pattern: sustained erratic bursty
temporal.lifecycle_markers.landing_ritual: present absent
temporal.lifecycle_markers.exit_behavior: graceful abrupt cleanup
operational.objective: recon exfil persistence lateral destructive
operational.opsec_discipline: careless learning careful
operational.cleanup_behavior: none partial thorough
operational.multi_actor_indicators: solo handoff_detected team_coordinated
environmental.shell_type: bash zsh fish powershell cmd.exe
environmental.terminal_multiplexer: tmux screen none
environmental.keyboard_layout: qwerty azerty qwertz other
environmental.numpad_usage: detected not_detected
emotional_valence.valence: positive neutral negative
emotional_valence.arousal: low_calm medium_engaged high_agitated
emotional_valence.stress_response: none eustress_positive distress_negative
emotional_valence.frustration_venting: detected none
temporal.session_timing: diurnal nocturnal irregular
temporal.persistence: hit_and_run return_visitor resident
temporal.lifecycle_markers.idle_periodicity:
cultural.meal_break_gaps:
cultural.periodic_micro_pauses:
cultural.dst_behavior:
cultural.weekend_cadence:
cultural.holiday_gaps:
`

const OTHERS: readonly (readonly [name: string, kind: PrimitiveKind])[] = [
  ['motor.digraph_simhash', 'hash'],
  ['environmental.locale', 'free_string'],
  ['toolchain.c2.beacon_interval_ms', 'numeric'],
  ['toolchain.tls.jarm_server', 'hash'],
  ['toolchain.ssh.hassh_client', 'hash'],
  ['toolchain.payload.payload_simhash', 'hash'],
  ['toolchain.ssh.kex_algorithm_order', 'array'],
]

/** By name. */
export const PRIMITIVES: ReadonlyMap<string, Primitive> = new Map(
  [...categorical(), ...OTHERS.map(([name, kind]) => ({ name, kind, values: [] }))].map(
    (primitive) => [primitive.name, primitive],
  ),
)

function categorical(): Primitive[] {
  return CATEGORICAL.trim()
    .split('\n')
    .map((line) => {
      const [name, values] = line.split(':') as [string, string]
      return {
        name,
        kind: 'categorical',
        values: values.split(' ').filter((value) => value !== ''),
      }
    })
}

/** How a primitive's series is merged: numeric and hash by kind, all else, and every unknown name,
 * as categories. */
export function mergerOf(primitive: string): MergerKind {
  const kind = PRIMITIVES.get(primitive)?.kind
  return kind === 'numeric' || kind === 'hash' ? kind : 'categorical'
}
