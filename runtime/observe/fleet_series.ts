/** How this node stands to its fleet, in figures. */
import type { SeriesMetric } from "./binding_series.ts";
import type { Sample } from "./duration_samples.ts";

/** What is told of a fleet. */
export interface FleetFigures {
  readonly state: string;
  /** Up to which this node knows all changes. */
  readonly revision: number;
  /** How many changes the node that is furthest has more. */
  readonly lag: number;
  readonly failedApps: number;
  readonly pullSeconds: number;
  readonly repaired: number;
  readonly conflicts: number;
}

const STATES = ["unfounded", "following", "offline", "diverged", "repairing", "refused"] as const;

/** The metrics; without a fleet they have no lines. */
export function fleetMetrics(read: () => FleetFigures | null): readonly SeriesMetric[] {
  const one = (value: (figures: FleetFigures) => number) => (): Sample[] => {
    const figures = read();
    return figures === null ? [] : [{ labels: {}, value: value(figures) }];
  };
  return [
    {
      name: "nano_fleet_revision",
      type: "gauge",
      help: "Up to which this node knows all changes of its fleet.",
      read: one(({ revision }) => revision),
    },
    {
      name: "nano_fleet_lag",
      type: "gauge",
      help: "How far this node is behind the node that is furthest, in changes.",
      read: one(({ lag }) => lag),
    },
    {
      name: "nano_fleet_state",
      type: "gauge",
      help: "1 for how this node stands to its fleet, 0 for every other way.",
      read: () => {
        const figures = read();
        if (figures === null) return [];
        return STATES.map((state): Sample => ({ labels: { state }, value: figures.state === state ? 1 : 0 }));
      },
    },
    {
      name: "nano_fleet_pull_seconds",
      type: "gauge",
      help: "How long the last look at the fleet took, with the starts of what was new.",
      read: one(({ pullSeconds }) => pullSeconds),
    },
    {
      name: "nano_fleet_failed_apps",
      type: "gauge",
      help: "Apps whose newest change in the fleet is not in force on this node, or that do not work.",
      read: one(({ failedApps }) => failedApps),
    },
    {
      name: "nano_fleet_repaired_total",
      type: "counter",
      help: "Records that the fleet's engine had forgotten and this node gave it again.",
      read: one(({ repaired }) => repaired),
    },
    {
      name: "nano_fleet_conflicts_total",
      type: "counter",
      help: "Changes of this node for which another node was quicker; they were tried again.",
      read: one(({ conflicts }) => conflicts),
    },
  ];
}
