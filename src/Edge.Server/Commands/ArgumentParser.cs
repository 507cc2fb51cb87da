using Edge.Core.Configuration;
using Edge.Core.Logging;

namespace Edge.Server.Commands;

/// <summary>
/// Parses <c>edge-dicom [options] VERB [operands]</c> and Orthanc's <c>[options] [file|folder]</c>. Options may stand before and after the verb;
/// <c>--</c> ends them. <c>--config=F</c> is Orthanc's "write a sample" where there is no verb, and our <c>--config F</c> where there is one.
/// </summary>
/// <param name="commands">The verbs.</param>
internal sealed class ArgumentParser(IReadOnlyList<Command> commands)
{
    /// <summary>The verb that Orthanc's form of the command line stands for.</summary>
    private const string Serve = "serve";

    /// <summary>The options that every verb takes, for the help.</summary>
    public static readonly CommandOption[] General =
    [
        new("--config", "PATH", "the configuration: a JSON file, or a folder of them"),
        new("--verbose", "", "log what is done"),
        new("--trace", "", "log every detail; may name patients"),
        new("--verbose-CATEGORY", "", "the same for one category: " + string.Join(", ", Log.Categories.Select(static category => category.Name))),
        new("--trace-CATEGORY", "", ""),
        new("--logfile", "FILE", "log to this file instead of standard error"),
        new("--logdir", "FOLDER", "log to a new file in this folder"),
        new("--upgrade", "", "let an older index be brought up to date"),
        new("--no-jobs", "", "do not resume the jobs of the last run"),
        new("--help", "", "this text, or that of a command"),
        new("--version", "", "the version"),
        new("--errors", "", "the error codes of the REST API"),
        new("--config=FILE", "", "without a command: write a sample configuration (- for standard output)"),
    ];

    private static readonly string[] NotSupported = ["--openapi", "--cheatsheet"];

    private readonly List<string> _operands = [];
    private readonly Dictionary<string, string> _options = new(StringComparer.Ordinal);
    private readonly List<(LogCategory? Category, LogLevel Level)> _levels = [];
    private string? _verb;
    private string? _standIn;
    private string? _sample;
    private CommandArguments _general = new();

    /// <exception cref="UsageException">With what is wrong.</exception>
    public CommandArguments Parse(IReadOnlyList<string> arguments)
    {
        bool optionsEnded = false;
        for (int i = 0; i < arguments.Count; i++)
        {
            string argument = arguments[i];
            if (optionsEnded || argument.Length < 2 || argument[0] != '-')
            {
                TakeOperand(argument);
            }
            else if (argument == "--")
            {
                optionsEnded = true;
            }
            else
            {
                TakeOption(argument, arguments, ref i);
            }
        }

        return Finish();
    }

    private void TakeOperand(string argument)
    {
        if (_verb is not null)
        {
            _operands.Add(argument);
        }
        else if (commands.Any(command => command.Name == argument))
        {
            _verb = argument;
        }
        else if (LooksLikePath(argument))
        {
            if (_general.ConfigurationPath is { } earlier)
            {
                throw new UsageException($"{argument}: the configuration is {earlier} already");
            }

            _general = _general with { ConfigurationPath = argument };
            (_verb, _standIn) = (Serve, Serve);
        }
        else
        {
            string near = Suggestion.Sentence(argument, commands.Select(static command => command.Name));
            throw new UsageException($"{argument} is not a command{near}");
        }
    }

    // Orthanc's only operand is its configuration.
    private static bool LooksLikePath(string argument) =>
        argument.Contains('/') || argument.EndsWith(".json", StringComparison.OrdinalIgnoreCase) || File.Exists(argument) || Directory.Exists(argument);

    private void TakeOption(string argument, IReadOnlyList<string> arguments, ref int i)
    {
        int equals = argument.IndexOf('=');
        string name = equals < 0 ? argument : argument[..equals];
        string? value = equals < 0 ? null : argument[(equals + 1)..];
        if (TakeLevel(name, value))
        {
            return;
        }

        switch (name)
        {
            case "--config" when value is not null && _verb is null:
                _sample = value; // or the configuration, if a verb follows
                break;
            case "--config":
                TakeConfiguration(Value(name, value, arguments, ref i));
                break;
            case "--logfile":
                _general = _general with { LogFile = Value(name, value, arguments, ref i), LogFolder = null };
                break;
            case "--logdir":
                _general = _general with { LogFolder = Value(name, value, arguments, ref i), LogFile = null };
                break;
            case "--help" or "-h":
                _general = _general with { WantsHelp = IsSwitch(name, value) };
                break;
            case "--upgrade":
                _general = _general with { IsUpgradeAllowed = IsSwitch(name, value) };
                break;
            case "--no-jobs":
                _general = _general with { DropsJobs = IsSwitch(name, value) };
                break;
            case "--version" or "--errors" when _verb is null:
                IsSwitch(name, value);
                _standIn ??= name[2..];
                break;
            case "--logs-no-thread":
                break; // our lines never name threads
            default:
                TakeOwnOption(name, value, arguments, ref i);
                break;
        }
    }

    private bool TakeLevel(string name, string? value)
    {
        foreach ((string prefix, LogLevel level) in new[] { ("--verbose", LogLevel.Verbose), ("--trace", LogLevel.Trace) })
        {
            if (name == prefix)
            {
                _levels.Add((null, level));
                return IsSwitch(name, value);
            }

            if (name.StartsWith(prefix + "-", StringComparison.Ordinal))
            {
                string category = name[(prefix.Length + 1)..];
                string near = Suggestion.Sentence(category, Log.Categories.Select(static known => known.Name));
                _levels.Add((Log.Find(category) ?? throw new UsageException($"{name}: {category} is not a category of the log{near}"), level));
                return IsSwitch(name, value);
            }
        }

        return false;
    }

    private void TakeConfiguration(string path)
    {
        if (_general.ConfigurationPath is { } earlier)
        {
            throw new UsageException($"--config {path}: the configuration is {earlier} already");
        }

        _general = _general with { ConfigurationPath = path };
    }

    private void TakeOwnOption(string name, string? value, IReadOnlyList<string> arguments, ref int i)
    {
        Command? command = commands.FirstOrDefault(known => known.Name == _verb);
        CommandOption? option = command?.Options.FirstOrDefault(known => known.Name == name);
        if (option is null)
        {
            IEnumerable<string> known = General.Concat(command?.Options ?? []).Select(static general => general.Name);
            string what = NotSupported.Contains(name) ? "is an option of Orthanc that this program does not have" : "is not an option";
            string hint = _verb is null ? "; options of a command follow its name" : "";
            throw new UsageException($"{name} {what}{Suggestion.Sentence(name, known)}{hint}");
        }

        string text = option.Value.Length > 0 ? Value(name, value, arguments, ref i) : IsSwitch(name, value) ? "" : "";
        if (!_options.TryAdd(name, text))
        {
            throw new UsageException($"{name} is given twice");
        }
    }

    private static string Value(string name, string? value, IReadOnlyList<string> arguments, ref int i)
    {
        if (value is null && i + 1 < arguments.Count && (arguments[i + 1] == "-" || !arguments[i + 1].StartsWith('-')))
        {
            value = arguments[++i];
        }

        return string.IsNullOrEmpty(value) ? throw new UsageException($"{name} needs a value") : value;
    }

    private static bool IsSwitch(string name, string? value) => value is null ? true : throw new UsageException($"{name} takes no value");

    private CommandArguments Finish()
    {
        string? verb = _verb ?? _standIn;
        if (_sample is not null && verb is not null)
        {
            TakeConfiguration(_sample);
            _sample = null;
        }

        Command? command = commands.FirstOrDefault(known => known.Name == verb);
        if (command is not null && !_general.WantsHelp)
        {
            if (_operands.Count < command.LeastOperands)
            {
                throw new UsageException($"{command.Name} needs {command.Operands}");
            }

            if (_operands.Count > command.MostOperands)
            {
                throw new UsageException($"{command.Name}: {_operands[command.MostOperands]} is one operand too many");
            }
        }

        return _general with { Verb = verb, Operands = _operands, Options = _options, LogLevels = _levels, SampleFile = _sample };
    }
}
