/** When the events of a label happened, by profile, for as long as a pending row may ask. */

/** Of one profile at most; one that buys more often within a horizon has a true label anyway. */
const most = 1024;

export class LabelTimes {
  readonly #times = new Map<string, number[]>();

  /** `oldest`: nobody asks for what was before. */
  add(profile: string, time: number, oldest: number): void {
    const times = this.#times.get(profile) ?? [];
    let place = times.length;
    while (place > 0 && times[place - 1]! > time) place--;
    times.splice(place, 0, time);
    while (times.length > most || times[0]! < oldest) times.shift();
    if (times.length > 0) this.#times.set(profile, times);
    else this.#times.delete(profile);
  }

  /** Whether one of the profiles has a time with `isWithin`. */
  some(profiles: readonly string[], isWithin: (time: number) => boolean): boolean {
    return profiles.some((profile) => this.#times.get(profile)?.some(isWithin));
  }
}
