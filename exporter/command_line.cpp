#include "exporter/command_line.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <memory>
#include <ranges>
#include <string_view>
#include <utility>

#include "base/suggest.h"
#include "base/utf8.h"
#include "exporter/config_keys.h"

namespace procmarshal {
namespace {

using Command = CommandLine::Command;

constexpr std::string_view kSeeHelp = " (see procmarshal --help)";

constexpr const char* kDescription =
    "procmarshal watches every process and the system of a Linux host and serves what it reads as\n"
    "Prometheus metrics. Run it, then open http://localhost:9256/metrics, or let Prometheus "
    "scrape\n"
    "that address.\n";

constexpr const char* kFooter =
    "Examples:\n"
    "  procmarshal                                    serve with the built-in settings\n"
    "  procmarshal --config.file procmarshal.toml     serve with the settings of a file\n"
    "  procmarshal serve --web.listen-address 127.0.0.1:9256 --log.level debug\n"
    "  procmarshal check procmarshal.toml             find mistakes before they matter\n"
    "  procmarshal migrate process-exporter.yml       turn a file of process-exporter into one\n"
    "\n"
    "Metrics are at /metrics on each listen address. Flags win over the configuration file;\n"
    "the procmarshal.toml that comes with the program explains every setting.";

constexpr const char* kMigrateFooter =
    "Prints a configuration of procmarshal that makes the groups that process-exporter made of "
    "FILE,\n"
    "and says on stderr what has no equivalent.\n"
    "\n"
    "The flags and their defaults are process-exporter's own; pass those that you gave it, such "
    "as\n"
    "-threads=false, with one dash or two. Of its other flags, the -web ones are settings of "
    "[web],\n"
    "which procmarshal.toml explains; what -procnames and -namemapping say is written as "
    "[[group]].\n"
    "\n"
    "Example:\n"
    "  procmarshal migrate -threads=false process-exporter.yml > procmarshal.toml\n";

// process-exporter's way to write a long flag.
bool HasOneDash(std::string_view argument) {
  constexpr auto kFlags = std::to_array<std::string_view>(
      {"-children", "-threads", "-gather-smaps", "-remove-empty-groups"});
  return std::ranges::find(kFlags, argument.substr(0, argument.find('='))) != kFlags.end();
}

std::string Hint(std::string_view word, const std::vector<std::string>& known) {
  return DidYouMean(word, std::vector<std::string_view>(known.begin(), known.end()));
}

// CLI11's parser with our flags. They belong to the program, not to `serve`, so that they may stand
// without a command, before it and after it.
class Parser {
 public:
  Parser() {
    app_.footer(kFooter);
    app_.get_formatter()->column_width(38);
    app_.get_formatter()->label("SUBCOMMAND", "COMMAND");
    app_.set_help_flag("-h,--help", "Print this help and exit.");
    app_.add_flag("--version", version_, "Print the version and exit.");
    app_.allow_extras();
    app_.require_subcommand(0, 1);
    AddFlags();
    AddCommands();
  }

  Result<CommandLine> Parse(std::span<const char* const> arguments) {
    std::vector<std::string> words;
    for (const char* argument : arguments | std::views::drop(1)) {
      words.push_back(HasOneDash(argument) ? "-" + std::string(argument) : argument);
    }
    std::ranges::reverse(words);  // as CLI11 wants them
    try {
      app_.parse(std::move(words));
    } catch (const CLI::CallForHelp&) {
      return Print(Command::kHelp, Help());
    } catch (const CLI::ParseError& error) {
      return Fail(ErrorCode::kInvalid, Printable(error.what()) + std::string(kSeeHelp));
    }
    if (const auto extra = app_.remaining(true); !extra.empty()) return Refuse(extra.front());
    if (version_ || version_command_->parsed()) {
      return Print(Command::kVersion, "procmarshal " PROCMARSHAL_VERSION "\n");
    }
    if (check_->parsed()) line_.command = Command::kCheck;
    if (migrate_->parsed()) line_.command = Command::kMigrate;
    return line_;
  }

 private:
  CLI::Option* AddFlag(const char* name, auto& value, const char* help) {
    return app_.add_option(name, value, help)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  }

  void AddFlags() {
    AddFlag("--config.file", line_.config_file, "Settings; conf.d/*.toml beside it is read too.")
        ->type_name("FILE");
    app_.add_option("--web.listen-address", line_.overrides.web_listen,
                    "Where to serve, such as :9256. Repeatable.")
        ->type_name("HOST:PORT")
        ->allow_extra_args(false);
    AddFlag("--log.level", line_.overrides.log_level, "trace, debug, info, warn or error.")
        ->type_name("LEVEL");
    AddFlag("--log.format", line_.overrides.log_format, "logfmt or json.")->type_name("FORMAT");
    AddFlag("--path.procfs", line_.procfs, "Mount point of the proc filesystem (/proc).")
        ->type_name("DIR");
    AddFlag("--path.sysfs", line_.sysfs, "Mount point of the sys filesystem (/sys).")
        ->type_name("DIR");
    AddFlag("--path.rootfs", line_.rootfs, "Where the host's root directory is mounted (/).")
        ->type_name("DIR");
  }

  void AddCommands() {
    AddCommand("serve", "Sample and serve metrics; the default.")->set_help_flag();
    check_ = AddCommand("check", "Check a configuration file, print what is in force.");
    check_->add_option("FILE", line_.config_file, "The configuration file.")
        ->required()
        ->type_name("");
    AddMigrate();
    version_command_ = AddCommand("version", "Print the version and exit.");
  }

  void AddMigrate() {
    migrate_ = AddCommand("migrate", "Translate a configuration file of process-exporter.");
    migrate_->footer(kMigrateFooter);
    migrate_->add_option("FILE", line_.migrate_file, "process-exporter's YAML file.")
        ->required()
        ->type_name("");
    ProcessExporterFlags& flags = line_.migrate_flags;
    migrate_->add_flag("--children", flags.children, "Off: processes do not take along children.");
    migrate_->add_flag("--threads", flags.threads, "Off: no metrics of threads.");
    migrate_->add_flag("--gather-smaps", flags.gather_smaps, "Off: no proportional memory.");
    migrate_->add_flag("--remove-empty-groups", flags.remove_empty_groups,
                       "On: groups go with their last process.");
  }

  CLI::App* AddCommand(const char* name, const char* help) {
    return app_.add_subcommand(name, help)->group("Commands")->footer("")->fallthrough();
  }

  [[nodiscard]] std::string Help() const {
    if (check_->parsed()) return check_->help("procmarshal");
    if (migrate_->parsed()) return migrate_->help("procmarshal");
    if (version_command_->parsed()) return version_command_->help("procmarshal");
    return app_.get_formatter()->make_help(&app_, app_.get_name(), CLI::AppFormatMode::Normal);
  }

  static CommandLine Print(Command command, std::string text) {
    CommandLine line;
    line.command = command;
    line.text = std::move(text);
    return line;
  }

  // Says what is wrong with the first argument that nobody took.
  [[nodiscard]] tl::unexpected<Error> Refuse(std::string_view argument) const {
    std::string problem;
    if (argument.starts_with('-')) {
      const std::string_view flag = argument.substr(0, argument.find('='));
      problem = "unknown flag " + Quote(flag) + Hint(flag, Flags());
    } else if (app_.get_subcommands().empty()) {
      problem = "unknown command " + Quote(argument) + Hint(argument, Commands());
    } else {
      problem = "unexpected argument " + Quote(argument);
    }
    return Fail(ErrorCode::kInvalid, problem + std::string(kSeeHelp));
  }

  [[nodiscard]] std::vector<std::string> Flags() const {
    std::vector<std::string> flags;
    const auto add = [&flags](const CLI::App& app) {
      for (const CLI::Option* option : app.get_options()) {
        if (!option->get_lnames().empty()) flags.push_back("--" + option->get_lnames().front());
      }
    };
    add(app_);
    if (migrate_->parsed()) add(*migrate_);
    return flags;
  }

  [[nodiscard]] std::vector<std::string> Commands() const {
    std::vector<std::string> commands;
    for (const CLI::App* command : app_.get_subcommands({}))
      commands.push_back(command->get_name());
    return commands;
  }

  CLI::App app_{kDescription, "procmarshal"};
  CLI::App* check_ = nullptr;
  CLI::App* migrate_ = nullptr;
  CLI::App* version_command_ = nullptr;
  bool version_ = false;
  CommandLine line_;
};

Status Override(std::string_view flag, std::string_view path, const ConfigValue& value,
                Config& config) {
  const std::size_t dot = path.rfind('.');
  const auto field = FindConfigField(path.substr(0, dot), path.substr(dot + 1), config);
  if (!field) return Fail(ErrorCode::kInternal, std::string(flag) + ": no such key");

  Status set = SetConfigField(*field, value, config);
  if (!set) set.error().message = std::string(flag) + ": " + set.error().message;
  return set;
}

}  // namespace

Result<CommandLine> ParseCommandLine(std::span<const char* const> arguments) {
  return Parser().Parse(arguments);
}

Result<Config> Apply(Config config, const Overrides& overrides) {
  Status set;
  if (!overrides.web_listen.empty()) {
    const ConfigValue addresses{.held = overrides.web_listen, .shown = "a list"};
    set = Override("--web.listen-address", "web.listen", addresses, config);
  }
  if (set && overrides.log_level) {
    set = Override("--log.level", "log.level", TextValue(*overrides.log_level), config);
  }
  if (set && overrides.log_format) {
    set = Override("--log.format", "log.format", TextValue(*overrides.log_format), config);
  }
  if (!set) return tl::unexpected(set.error());
  return config;
}

}  // namespace procmarshal
