//! The cost of a message, by a dated table that the user's file may correct. A model in neither of them has no cost,
//! rather than a wrong one.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use toml::{Table, Value};

use super::tokens::{MessageUsage, Tokens};

/// The price table.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Prices {
    as_of: String,
    us_factor: f64,
    /// USD per search.
    web_search: f64,
    models: PriceRows,
}

/// By id, normalised by [`normal`].
type PriceRows = BTreeMap<String, ModelPrices>;

/// The prices of one model.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelPrices {
    rates: Rates,
    /// Input and output, in USD per million tokens. `None` without a fast mode.
    fast: Option<(f64, f64)>,
    /// A number of tokens, and the rates of longer prompts.
    long_prompt: Option<(u64, Rates)>,
}

/// USD per million tokens.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Rates {
    input: f64,
    cache_write_5m: f64,
    cache_write_1h: f64,
    cache_read: f64,
    output: f64,
}

const EMBEDDED: &str = include_str!("prices.toml");
const OTHERS: &str = include_str!("prices-others.toml");

impl Prices {
    /// The built-in table.
    pub fn embedded() -> Self {
        Self::with_override(None).0
    }

    /// The built-in table with the rows of the user's file in place of its own, and the mistakes in the user's file. A
    /// row with a mistake is left out.
    pub fn with_override(user: Option<&str>) -> (Self, Vec<String>) {
        Self::read([Some(EMBEDDED), user].into_iter().flatten())
    }

    fn read<'a>(sources: impl Iterator<Item = &'a str>) -> (Self, Vec<String>) {
        let mut prices = Prices::default();
        let mut warnings = Vec::new();
        for source in sources {
            match source.parse::<Table>() {
                Ok(table) => prices.apply(&table, &mut warnings),
                Err(err) => warnings.push(format!("ignored: not valid TOML: {}", err.message())),
            }
        }
        (prices, warnings)
    }

    /// The date of the prices, such as `2026-11-23`.
    pub fn as_of(&self) -> &str {
        &self.as_of
    }

    /// USD. `None` if the model is unknown, or ran in a fast mode without a known price.
    pub fn cost(&self, model: &str, usage: &MessageUsage) -> Option<f64> {
        self.cost_of(self.of(model)?, usage)
    }

    /// The prices of a model, to look up once for many messages. `None` if it is unknown.
    pub fn of(&self, model: &str) -> Option<&ModelPrices> {
        let model = normal(model);
        row(&self.models, &model).or_else(|| row(Self::others(), &model)).map(|(_, prices)| prices)
    }

    /// Prices of providers other than Anthropic, read when first needed.
    fn others() -> &'static PriceRows {
        static ROWS: OnceLock<PriceRows> = OnceLock::new();
        ROWS.get_or_init(|| Self::read([OTHERS].into_iter()).0.models)
    }

    /// USD. `None` if it ran in a fast mode without a known price.
    pub(super) fn cost_of(&self, model: &ModelPrices, usage: &MessageUsage) -> Option<f64> {
        let MessageUsage { tokens, web_searches, us_only, fast } = usage;
        let mut rates = match &model.long_prompt {
            Some((above, rates)) if tokens.prompt() > *above => *rates,
            _ => model.rates,
        };
        if *fast {
            rates = rates.fast(model.fast?);
        }
        let factor = if *us_only { self.us_factor } else { 1.0 };
        Some(rates.cost(tokens) * factor + *web_searches as f64 * self.web_search)
    }

    fn apply(&mut self, table: &Table, warnings: &mut Vec<String>) {
        for (key, value) in table {
            let used = match key.as_str() {
                "as_of" => value.as_str().map(|day| day.clone_into(&mut self.as_of)).ok_or("not a string"),
                "source" => Ok(()),
                "us_factor" => price(value).map(|factor| self.us_factor = factor),
                "web_search" => price(value).map(|usd| self.web_search = usd),
                "models" => value.as_table().map(|rows| self.apply_models(rows, warnings)).ok_or("not a table"),
                _ => Err("unknown key"),
            };
            if let Err(why) = used {
                warnings.push(format!("{key}: {why}"));
            }
        }
    }

    fn apply_models(&mut self, rows: &Table, warnings: &mut Vec<String>) {
        for (id, row) in rows {
            match read_table(row, ModelPrices::read) {
                Ok(model) => _ = self.models.insert(normal(id), model),
                Err(why) => warnings.push(format!("models.{id}: {why}")),
            }
        }
    }
}

impl ModelPrices {
    fn read(row: &mut Table) -> Result<Self, String> {
        let rates = Rates::read(row)?;
        let fast = section(row, "fast", |fast| Ok((required(fast, "input")?, required(fast, "output")?)))?;
        if fast.is_some() && rates.input == 0.0 {
            return Err("fast: needs an input price above 0".to_owned());
        }
        let long_prompt =
            section(row, "long_prompt", |long| Ok((required(long, "above")? as u64, Rates::read(long)?)))?;
        Ok(ModelPrices { rates, fast, long_prompt })
    }
}

impl Rates {
    /// Most providers publish only the prices of input and output: cached tokens then cost the same as input.
    fn read(row: &mut Table) -> Result<Self, String> {
        let (input, output) = (required(row, "input")?, required(row, "output")?);
        let cache_write_5m = optional(row, "cache_write_5m")?.unwrap_or(input);
        let cache_write_1h = optional(row, "cache_write_1h")?.unwrap_or(cache_write_5m);
        let cache_read = optional(row, "cache_read")?.unwrap_or(input);
        Ok(Rates { input, cache_write_5m, cache_write_1h, cache_read, output })
    }

    /// USD in the standard mode.
    fn cost(&self, tokens: &Tokens) -> f64 {
        let millionths = tokens.input as f64 * self.input
            + tokens.cache_write_5m as f64 * self.cache_write_5m
            + tokens.cache_write_1h as f64 * self.cache_write_1h
            + tokens.cache_read as f64 * self.cache_read
            + tokens.output as f64 * self.output;
        millionths / 1e6
    }

    /// For fast mode, only input and output are published; cache prices keep their ratio to the input price.
    fn fast(self, (input, output): (f64, f64)) -> Self {
        let factor = input / self.input;
        Rates {
            input,
            cache_write_5m: self.cache_write_5m * factor,
            cache_write_1h: self.cache_write_1h * factor,
            cache_read: self.cache_read * factor,
            output,
        }
    }
}

type Read<T> = fn(&mut Table) -> Result<T, String>;

/// Reads a table by `read`, which removes the keys that it knows.
fn read_table<T>(value: &Value, read: Read<T>) -> Result<T, String> {
    let mut table = value.as_table().ok_or("not a table")?.clone();
    let found = read(&mut table)?;
    table.keys().next().map_or(Ok(found), |key| Err(format!("{key}: unknown key")))
}

fn section<T>(row: &mut Table, key: &str, read: Read<T>) -> Result<Option<T>, String> {
    let found = row.remove(key).map(|value| read_table(&value, read)).transpose();
    found.map_err(|why| format!("{key}: {why}"))
}

fn required(row: &mut Table, key: &str) -> Result<f64, String> {
    optional(row, key)?.ok_or_else(|| format!("{key} is missing"))
}

fn optional(row: &mut Table, key: &str) -> Result<Option<f64>, String> {
    row.remove(key).map(|value| price(&value)).transpose().map_err(|why| format!("{key}: {why}"))
}

fn price(value: &Value) -> Result<f64, &'static str> {
    let number = value.as_float().or_else(|| value.as_integer().map(|whole| whole as f64));
    number.filter(|number| number.is_finite() && *number >= 0.0).ok_or("not a number of at least 0")
}

/// The row with the prices of a model.
fn row<'a>(rows: &'a PriceRows, model: &str) -> Option<(&'a String, &'a ModelPrices)> {
    let fitting = || rows.iter().filter(|(id, _)| stands_for(id, model)).max_by_key(|(id, _)| id.len());
    rows.get_key_value(model).or_else(fitting)
}

/// A model id in lower case, with `4-8` for `4.8`, as some gateways write it.
fn normal(id: &str) -> String {
    let id = id.trim().to_ascii_lowercase();
    let is_digit = |at: usize| id.as_bytes().get(at).is_some_and(u8::is_ascii_digit);
    let between = |at: usize| at > 0 && is_digit(at - 1) && is_digit(at + 1);
    id.char_indices().map(|(at, c)| if c == '.' && between(at) { '-' } else { c }).collect()
}

/// `model` is `id` with at most a place before it (`us.anthropic.`, `anthropic/`, an ARN) and a release after it.
fn stands_for(id: &str, model: &str) -> bool {
    let Some(at) = model.rfind(id) else { return false };
    let (place, release) = (&model[..at], &model[at + id.len()..]);
    (place.is_empty() || place.ends_with(['.', '/', ':'])) && is_release(release)
}

/// The text is any combination of a date, `latest`, `default`, a version and a context size:
/// `-20250929-v1:0`, `@20250805`, `-latest`, `-v1:0:200k`, `[1m]`.
fn is_release(text: &str) -> bool {
    let text = match text.strip_suffix(']').and_then(|inner| inner.rsplit_once('[')) {
        Some((before, size)) if is_size(size) => before,
        _ => text,
    };
    let mut starts: Vec<usize> = text.match_indices(['-', '@', ':']).map(|(at, _)| at).collect();
    if !text.is_empty() && starts.first() != Some(&0) {
        return false;
    }
    starts.push(text.len());
    starts.windows(2).all(|ends| {
        let (mark, word) = text[ends[0]..ends[1]].split_at(1);
        match mark {
            ":" => is_size(word),
            _ => {
                matches!(word, "latest" | "default")
                    || word.len() == 8 && is_number(word)
                    || word.strip_prefix('v').is_some_and(is_number)
            }
        }
    })
}

/// The text is a number, possibly in thousands or millions.
fn is_size(text: &str) -> bool {
    is_number(text.strip_suffix(['k', 'm']).unwrap_or(text))
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MILLION: u64 = 1_000_000;

    fn of(tokens: Tokens) -> MessageUsage {
        MessageUsage { tokens, ..MessageUsage::default() }
    }

    /// The id of the row that a model has its prices from.
    fn row<'a>(prices: &'a Prices, model: &str) -> Option<&'a str> {
        let found = prices.of(model)?;
        prices
            .models
            .iter()
            .chain(Prices::others())
            .find(|(_, row)| std::ptr::eq(*row, found))
            .map(|(id, _)| id.as_str())
    }

    fn all() -> PriceRows {
        let mut prices = Prices::embedded();
        prices.models.append(&mut Prices::others().clone());
        prices.models
    }

    #[test]
    fn ids_find_their_row() {
        let prices = Prices::embedded();
        let check = |model: &str, expected: Option<&str>| assert_eq!(row(&prices, model), expected, "{model}");
        check("claude-opus-4-8", Some("claude-opus-4-8"));
        check("claude-opus-4-8[1m]", Some("claude-opus-4-8"));
        check("Claude-Opus-4.8", Some("claude-opus-4-8"));
        check("claude-opus-4-5-20251101", Some("claude-opus-4-5"));
        check("claude-opus-4-5-20251101[1m]", Some("claude-opus-4-5"));
        check("claude-opus-4-20250514", Some("claude-opus-4"));
        check("claude-opus-4", Some("claude-opus-4"));
        check("claude-opus-4-0", Some("claude-opus-4-0"));
        check("claude-opus-4-1@20250805", Some("claude-opus-4-1"));
        check("claude-opus-5", Some("claude-opus-5"));
        check("claude-opus-5-5", Some("claude-opus-5-5"));
        check("claude-haiku-5-5@default", Some("claude-haiku-5-5"));
        check("us.anthropic.claude-sonnet-4-5-20250929-v1:0", Some("claude-sonnet-4-5"));
        check("anthropic.claude-sonnet-4-5-20250929-v1:0:200k", Some("claude-sonnet-4-5"));
        check("anthropic.claude-fable-5", Some("claude-fable-5"));
        check(
            "arn:aws:bedrock:eu-west-1:123456789012:inference-profile/eu.anthropic.claude-opus-4-6-v1",
            Some("claude-opus-4-6"),
        );
        check("anthropic/claude-sonnet-4.6", Some("claude-sonnet-4-6"));
        check("vertex_ai/claude-opus-4-1@20250805", Some("claude-opus-4-1"));
        check("claude-3-5-haiku-20241022", Some("claude-3-5-haiku"));
        check("claude-3-haiku-20240307", Some("claude-3-haiku"));
        check("claude-3-7-sonnet-latest", Some("claude-3-7-sonnet"));
        check("claude-opus-4-9", None);
        check("claude-opus-4-88", None);
        check("claude-opus-48", None);
        check("claude-opus-6", None);
        check("claude-opus-4-8-fast", None);
        check("claude-opus-4-8-", None);
        check("claude-opus-4-8[beta]", None);
        check("claude-opus-4-2025051", None);
        check("my-claude-opus-4-8", None);
        check("claude-3-opus-20240229", Some("claude-3-opus"));
        check("claude-3-sonnet-20240229", Some("claude-3-sonnet"));
        check("claude-3-5-sonnet-20240620", Some("claude-3-5-sonnet"));
        check("anthropic.claude-3-5-sonnet-20241022-v2:0", Some("claude-3-5-sonnet"));
        check("claude-3-5-sonnet-v2@20241022", Some("claude-3-5-sonnet"));
        check("claude-3-5-opus", None);
        check("opus", None);
        check("gpt-5.6-sol", Some("gpt-5-6-sol"));
        check("openai/gpt-5.5", Some("gpt-5-5"));
        check("gpt-6.2-sol[ultrafast]", Some("gpt-6-2-sol[ultrafast]"));
        check("gpt-6.2-sol[flex]", None);
        check("gpt-6.2-astra", None);
        check("codex-auto-review", None);
        check("gemini-2.5-flash-lite", Some("gemini-2-5-flash-lite"));
        check("<synthetic>", None);
        check("", None);
    }

    #[test]
    fn each_kind_of_token_has_its_own_rate() {
        let user = "models.x = { input = 2, cache_write_5m = 3, cache_write_1h = 5, cache_read = 7, output = 11, \
                    fast = { input = 4, output = 13 } }";
        let (prices, _) = Prices::with_override(Some(user));
        for (fast, rates) in [(false, [2.0, 3.0, 5.0, 7.0, 11.0]), (true, [4.0, 6.0, 10.0, 14.0, 13.0])] {
            let none = Tokens::default();
            let found = [
                Tokens { input: MILLION, ..none },
                Tokens { cache_write_5m: MILLION, ..none },
                Tokens { cache_write_1h: MILLION, ..none },
                Tokens { cache_read: MILLION, ..none },
                Tokens { output: MILLION, ..none },
            ];
            let found = found.map(|tokens| prices.cost("x", &MessageUsage { fast, ..of(tokens) }).unwrap());
            assert_eq!(found, rates, "fast: {fast}");
        }
    }

    /// A slip of the pen in the table.
    #[test]
    fn no_model_reads_dearer_than_it_writes() {
        for (id, model) in all() {
            let Rates { input, cache_write_5m, cache_write_1h, cache_read, output } = model.rates;
            let rising = [0.0, cache_read, input, output];
            assert!(rising.is_sorted_by(|less, more| less < more), "{id}: {rising:?}");
            assert!([input, cache_write_5m, cache_write_1h, output].is_sorted(), "{id}");
        }
    }

    #[track_caller]
    fn check(model: &str, usage: MessageUsage, expected: Option<f64>) {
        let cost = Prices::embedded().cost(model, &usage);
        let close = match (cost, expected) {
            (Some(cost), Some(expected)) => (cost - expected).abs() < 1e-12,
            (cost, expected) => cost == expected,
        };
        assert!(close, "{model}: {cost:?}, not {expected:?}");
    }

    /// The rule for OpenAI's models from GPT-5.4 on.
    #[test]
    fn long_prompts_of_openai_cost_twice_as_much_to_read() {
        for (id, model) in all() {
            let Some(version) = id.strip_prefix("gpt-") else { continue };
            let rates = [
                model.rates.input * 2.0,
                model.rates.cache_write_5m * 2.0,
                model.rates.cache_read * 2.0,
                model.rates.output * 1.5,
            ];
            let long = model.long_prompt.map(|(above, rates)| {
                assert_eq!(above, 272_000);
                [rates.input, rates.cache_write_5m, rates.cache_read, rates.output]
            });
            let millionths = |rates: [f64; 4]| rates.map(|usd| (usd * 1e6).round());
            assert_eq!(long.map(millionths), (version >= "5-4").then(|| millionths(rates)), "{id}");
        }
        assert_eq!(Prices::read([OTHERS].into_iter()).1, Vec::<String>::new());
    }

    #[test]
    fn a_long_prompt_raises_the_price_of_the_whole_request() {
        let usage = |input, cache_read, cache_write_1h| {
            of(Tokens { input, cache_read, cache_write_1h, output: 1_000, ..Tokens::default() })
        };
        check("claude-haiku-5-5", usage(100_000, 0, 0), Some(0.01 + 0.0005));
        check("claude-haiku-5-5", usage(100_001, 0, 0), Some(0.050_000_5 + 0.0025));
        check("claude-haiku-5-5", usage(1, 99_999, 0), Some(0.000_000_1 + 0.000_999_99 + 0.0005));
        check("claude-haiku-5-5", usage(1, 50_000, 50_000), Some(0.000_000_5 + 0.0025 + 0.05 + 0.0025));
        check("claude-opus-4-8", usage(MILLION, 0, 0), Some(5.0 + 0.025));
    }

    #[test]
    fn fast_us_and_searches_add_up() {
        let tokens =
            Tokens { input: 1_000, output: 1_000, cache_write_5m: 1_000, cache_write_1h: 1_000, cache_read: 1_000 };
        let usage = MessageUsage { web_searches: 3, ..of(tokens) };
        let standard = 0.005 + 0.00625 + 0.01 + 0.0005 + 0.025;
        check("claude-opus-4-8", usage, Some(standard + 0.03));
        check("claude-opus-4-8", MessageUsage { us_only: true, ..usage }, Some(standard * 1.1 + 0.03));
        check("claude-opus-4-8", MessageUsage { fast: true, ..usage }, Some(standard * 2.0 + 0.03));
        check("claude-opus-4-8", MessageUsage { fast: true, us_only: true, ..usage }, Some(standard * 2.2 + 0.03));
        check("claude-opus-4-5", MessageUsage { fast: true, ..usage }, None);
        check("claude-unknown", usage, None);
    }

    #[test]
    fn the_users_rows_replace_and_extend() {
        let user = r#"
            as_of = "2027-01-01"
            web_search = 0.02
            [models]
            claude-opus-4-8 = { input = 1, cache_write_5m = 1, cache_write_1h = 1, cache_read = 1, output = 2.5 }
            "glm-4.6" = { input = 0.6, cache_write_5m = 0, cache_write_1h = 0, cache_read = 0.11, output = 2.2 }
            "eu.anthropic.claude-opus-5" = { input = 7, cache_write_5m = 1, cache_write_1h = 1, cache_read = 1, output = 1 }
        "#;
        let (prices, warnings) = Prices::with_override(Some(user));
        assert_eq!(warnings, [""; 0]);
        assert_eq!(prices.as_of(), "2027-01-01");
        let cost = |model: &str| {
            let tokens = Tokens { input: MILLION, ..Tokens::default() };
            prices.cost(model, &MessageUsage { web_searches: 1, ..of(tokens) }).unwrap()
        };
        assert_eq!(cost("claude-opus-4-8[1m]"), 1.02);
        assert_eq!(cost("z-ai/glm-4.6"), 0.62);
        assert_eq!(cost("eu.anthropic.claude-opus-5"), 7.02);
        assert_eq!(cost("us.anthropic.claude-opus-5"), 5.02);
    }

    #[test]
    fn a_row_may_leave_out_what_its_provider_does_not_publish() {
        let user = r#"
            [models]
            "glm-4.6" = { input = 0.5, output = 2 }
            "glm-4.5" = { input = 0.5, output = 2, cache_read = 0.125 }
            "glm-4.4" = { input = 0.5, output = 2, cache_write_5m = 1 }
        "#;
        let (prices, warnings) = Prices::with_override(Some(user));
        assert_eq!(warnings, [""; 0]);
        let check = |model: &str, write_5m: f64, write_1h: f64, read: f64| {
            let cost = |tokens: Tokens| prices.cost(model, &of(tokens)).unwrap();
            let found = [
                cost(Tokens { cache_write_5m: MILLION, ..Tokens::default() }),
                cost(Tokens { cache_write_1h: MILLION, ..Tokens::default() }),
                cost(Tokens { cache_read: MILLION, ..Tokens::default() }),
            ];
            assert_eq!(found, [write_5m, write_1h, read], "{model}");
        };
        check("glm-4.6", 0.5, 0.5, 0.5);
        check("glm-4.5", 0.5, 0.5, 0.125);
        check("glm-4.4", 1.0, 1.0, 0.5);
    }

    #[test]
    fn what_is_wrong_with_the_users_file_is_said_and_left_out() {
        let check = |user: &str, expected: &[&str]| {
            let (prices, warnings) = Prices::with_override(Some(user));
            assert_eq!(warnings, expected, "{user}");
            assert_eq!(prices, Prices::embedded(), "{user}");
        };
        let rates = "cache_write_5m = 1, cache_write_1h = 1, cache_read = 1, output = 1";
        check("", &[]);
        check("colour = 1", &["colour: unknown key"]);
        check("models = 1", &["models: not a table"]);
        check("us_factor = -1", &["us_factor: not a number of at least 0"]);
        check("web_search = nan", &["web_search: not a number of at least 0"]);
        check("models.x = 1", &["models.x: not a table"]);
        check("models.x = { input = 1 }", &["models.x: output is missing"]);
        check(&format!("models.x = {{ input = '1', {rates} }}"), &["models.x: input: not a number of at least 0"]);
        check(&format!("models.x = {{ input = 1, outptu = 1, {rates} }}"), &["models.x: outptu: unknown key"]);
        check(
            &format!("models.x = {{ input = 1, {rates}, fast = {{ input = 1 }} }}"),
            &["models.x: fast: output is missing"],
        );
        check(
            &format!("models.x = {{ input = 1, {rates}, long_prompt = {{ above = 1 }} }}"),
            &["models.x: long_prompt: input is missing"],
        );
        check(
            &format!("models.x = {{ input = 0, {rates}, fast = {{ input = 1, output = 1 }} }}"),
            &["models.x: fast: needs an input price above 0"],
        );
        let (prices, warnings) = Prices::with_override(Some("models = {"));
        assert_eq!((prices, warnings.len()), (Prices::embedded(), 1));
    }

    proptest! {
        #[test]
        fn any_id_and_any_usage_are_priced_without_panic(
            place in "\\PC{0,8}", release in "[-@:\\[\\]a-z0-9.é]{0,12}", counts: [u64; 6], us_only: bool, fast: bool,
        ) {
            let [input, output, cache_write_5m, cache_write_1h, cache_read, web_searches] = counts;
            let tokens = Tokens { input, output, cache_write_5m, cache_write_1h, cache_read };
            let usage = MessageUsage { tokens, web_searches, us_only, fast };
            let cost = Prices::embedded().cost(&format!("{place}claude-opus-4-8{release}"), &usage);
            prop_assert!(cost.is_none_or(|usd| usd.is_finite() && usd >= 0.0));
        }
    }
}
