/** Tests the bounds on locales; they are put in the place of this process' own, which behave the same. */
import { assertEquals, assertThrows } from "@std/assert";
import { limitLocales } from "../../../runtime/isolate/sandbox/locale_limits.ts";

const HOLDERS: readonly object[] = [
  Intl,
  ...Object.getOwnPropertyNames(Intl).flatMap((name) => {
    const one = Reflect.get(Intl, name);
    return typeof one === "function" && one.prototype !== undefined ? [one, one.prototype] : [];
  }),
  String.prototype,
  Number.prototype,
  BigInt.prototype,
  Date.prototype,
  ...Object.getOwnPropertyNames(Temporal).flatMap((name) => {
    const one = Reflect.get(Temporal, name);
    return typeof one === "function" ? [one.prototype] : [];
  }),
];

/** Runs with the bounds in place. */
function withLimits(test: () => void): void {
  const natives = HOLDERS.map((holder) => Object.getOwnPropertyDescriptors(holder));
  try {
    limitLocales();
    test();
  } finally {
    HOLDERS.forEach((holder, at) => {
      const { prototype: _, ...rest } = natives[at] as Record<string, PropertyDescriptor>;
      Object.defineProperties(holder, rest);
    });
  }
}

Deno.test("limitLocales() leaves what is usual as it is", () => {
  const calls = [
    () => new Intl.NumberFormat("de").format(1234.5),
    () => Intl.NumberFormat(["xx-invalid-x-y", "fr"]).format(1234.5),
    () => Intl.getCanonicalLocales(["EN-us", new Intl.Locale("de-DE"), "en-US"] as string[]).join(),
    () => Intl.getCanonicalLocales(new Intl.Locale("de") as never).join(),
    () => Intl.getCanonicalLocales({ length: 2, 1: "it" } as never).join(),
    () => Intl.getCanonicalLocales().join(),
    () => Intl.Collator.supportedLocalesOf(["de", "zz"]).join(),
    () => new Intl.Locale("en", { region: "GB", hourCycle: "h12" }).toString(),
    () => new Intl.Locale(new Intl.Locale("en-US"), { language: "de" }).toString(),
    () => new Intl.DisplayNames("en", { type: "region" }).of("DE"),
    () => (1234.5).toLocaleString("de") + 12n.toLocaleString(undefined),
    () => "i".toLocaleUpperCase("tr") + "a".localeCompare("b", ["de"]),
    () => new Date(0).toLocaleDateString("en-GB", { timeZone: "UTC" }),
    () => Temporal.PlainDate.from("2000-01-02").toLocaleString("de"),
    () => [Intl.PluralRules.name, Intl.PluralRules.length, Intl.getCanonicalLocales.length].join(),
    () => new (class extends Intl.Collator {})("de").compare("a", "b"),
    () => new Intl.ListFormat("en").constructor === Intl.ListFormat,
    () => new Intl.ListFormat("en") instanceof Intl.ListFormat,
  ];
  const before = calls.map((call) => call());
  withLimits(() => assertEquals(calls.map((call) => call()), before));
  for (const given of [null, "no locale at all", ["a_b_c"], [1]]) {
    const told = () => assertThrows(() => Intl.getCanonicalLocales(given as never), Error).name;
    const native = told();
    withLimits(() => assertEquals(told(), native));
  }
});

Deno.test("limitLocales() refuses lists without end, lists that grow, and names as long as books", () => {
  const endless = { length: 2 ** 53 - 1 } as never;
  const long = "en-x" + "-abcdefgh".repeat(200);
  withLimits(() => {
    for (
      const call of [
        (given: string[]) => new Intl.DurationFormat(given),
        (given: string[]) => Intl.DateTimeFormat(given),
        (given: string[]) => Intl.getCanonicalLocales(given),
        (given: string[]) => Intl.PluralRules.supportedLocalesOf(given),
        (given: string[]) => "x".toLocaleLowerCase(given),
        (given: string[]) => (1).toLocaleString(given),
        (given: string[]) => Temporal.Instant.from("2000-01-01T00:00Z").toLocaleString(given),
      ]
    ) {
      assertThrows(() => call(endless), RangeError);
      assertThrows(() => call([long]), RangeError);
      assertThrows(() => call([{ toString: () => long }] as never), RangeError);
      let looks = 0;
      call(new Proxy([], { get: (list, key) => key === "length" ? looks++ * 2 ** 52 : Reflect.get(list, key) }));
      assertEquals(looks, 1);
    }
    assertThrows(() => new Intl.Locale(long), RangeError);
    assertThrows(() => new Intl.Locale("en", { variants: long } as never), RangeError);
    assertThrows(() => new Intl.DisplayNames("en", { type: "language" }).of(long), RangeError);
  });
});
