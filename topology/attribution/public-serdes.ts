import { deserializerFor } from '../../schemas/deserializer.ts'
import type {
  AttackerProfile,
  IdentityLink,
  IdentityObservationView,
  MultiActorCleared,
  MultiActorSuspected,
  ObservationView,
  StateChanged,
} from '../../schemas/records.ts'
import type { SchemaRegistry } from '../../schemas/registry.ts'
import { type RecordFormat, serializerFor } from '../../schemas/serializer.ts'
import type { Deserializer, Serializer } from '../serde.ts'

/** How the attribution topology reads and writes its public topics. */
export interface AttributionSerdes {
  readonly observation: Deserializer<ObservationView>
  readonly attackerProfile: Deserializer<AttackerProfile>
  readonly identityLink: Deserializer<IdentityLink>
  readonly identityObservation: Deserializer<IdentityObservationView>
  readonly stateChanged: Serializer<StateChanged>
  readonly multiActorSuspected: Serializer<MultiActorSuspected>
  readonly multiActorCleared: Serializer<MultiActorCleared>
}

/**
 * Avro or JSON in, one of them out.
 * @throws {SchemaRegistryError} Avro: a schema is not registered
 */
export function publicSerdes(registry: SchemaRegistry, format: RecordFormat): AttributionSerdes {
  return {
    observation: deserializerFor('observation-view', registry),
    attackerProfile: deserializerFor('attacker-profile', registry),
    identityLink: deserializerFor('identity-link', registry),
    identityObservation: deserializerFor('identity-observation-view', registry),
    stateChanged: serializerFor('state-changed', registry, format),
    multiActorSuspected: serializerFor('multi-actor-suspected', registry, format),
    multiActorCleared: serializerFor('multi-actor-cleared', registry, format),
  }
}
