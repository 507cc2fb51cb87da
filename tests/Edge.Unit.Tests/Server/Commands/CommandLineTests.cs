using Edge.Core.Configuration;
using Edge.Core.Errors;
using Edge.Core.Logging;
using Edge.Core.Security;
using Edge.Server.Commands;
using Edge.Unit.Tests.Core.Configuration;
using Xunit;

namespace Edge.Unit.Tests.Server.Commands;

[Collection("The log of the process")]
public sealed class CommandLineTests : IDisposable
{
    private readonly ConfigurationFixture _files = new();
    private readonly StringWriter _output = new();
    private readonly StringWriter _error = new();
    private CommandContext? _ran;
    private string _verb = "";

    public void Dispose() => _files.Dispose();

    [Theory]
    [InlineData("--config /etc/edge.json serve", "serve", "/etc/edge.json")]
    [InlineData("serve --config /etc/edge.json", "serve", "/etc/edge.json")]
    [InlineData("serve --config=/etc/edge.json", "serve", "/etc/edge.json")]
    [InlineData("--config=/etc/edge.json serve", "serve", "/etc/edge.json")]
    [InlineData("--verbose /etc/edge.json", "serve", "/etc/edge.json")]
    [InlineData("edge.json", "serve", "edge.json")]
    [InlineData("serve", "serve", null)]
    public async Task OurFormAndOrthancsAreUnderstood(string line, string verb, string? path)
    {
        Assert.Equal(ExitCode.Success, await Run(line));
        Assert.Equal(verb, _verb);
        Assert.Equal(path, _ran!.Arguments.ConfigurationPath);
    }

    [Fact]
    public async Task AFolderIsAConfiguration()
    {
        Assert.Equal(ExitCode.Success, await Run(_files.Folder));
        Assert.Equal(_files.Folder, _ran!.Arguments.ConfigurationPath);
    }

    [Fact]
    public async Task OptionsAndOperandsOfACommandArePassedOn()
    {
        Assert.Equal(ExitCode.Success, await Run("import --threads 4 --dry-run --upgrade --no-jobs --logs-no-thread --logdir /l --logfile=/f a -- --b"));
        CommandArguments arguments = _ran!.Arguments;
        Assert.Equal(["a", "--b"], arguments.Operands);
        Assert.Equal("4", arguments.Options["--threads"]);
        Assert.Equal("", arguments.Options["--dry-run"]);
        Assert.True(arguments.IsUpgradeAllowed && arguments.DropsJobs);
        Assert.Equal(("/f", null), (arguments.LogFile, arguments.LogFolder));
    }

    [Theory]
    [InlineData("sevre", "sevre is not a command; did you mean \"serve\"?")]
    [InlineData("serve --confg x", "--confg is not an option; did you mean \"--config\"?")]
    [InlineData("serve --dry-run", "--dry-run is not an option")]
    [InlineData("--threads 4 import a", "options of a command follow its name")]
    [InlineData("import", "import needs FOLDER")]
    [InlineData("serve more", "serve: more is one operand too many")]
    [InlineData("import --threads", "--threads needs a value")]
    [InlineData("import --threads --dry-run a", "--threads needs a value")]
    [InlineData("import --threads=", "--threads needs a value")]
    [InlineData("import --dry-run=1 a", "--dry-run takes no value")]
    [InlineData("import --dry-run --dry-run a", "--dry-run is given twice")]
    [InlineData("--config a --config b serve", "the configuration is a already")]
    [InlineData("--config a /b.json", "the configuration is a already")]
    [InlineData("--verbose-htp serve", "htp is not a category of the log; did you mean \"http\"?")]
    [InlineData("--verbose=1 serve", "--verbose takes no value")]
    [InlineData("--openapi=f", "is an option of Orthanc")]
    public async Task WhatIsWrongIsSaidAndNothingRuns(string line, string message)
    {
        Assert.Equal(ExitCode.Usage, await Run(line));
        Assert.Contains(message, _error.ToString());
        Assert.Empty(_output.ToString());
        Assert.Null(_ran);
    }

    [Fact]
    public async Task LogLevelsAreAppliedFromLeftToRight()
    {
        try
        {
            await Run("--trace-dicom --verbose --trace-http serve");
            Assert.Equal(LogLevel.Verbose, Log.Dicom.Level);
            Assert.Equal(LogLevel.Trace, Log.Http.Level);
            Assert.Equal(LogLevel.Verbose, Log.Level);
        }
        finally
        {
            Log.Level = LogLevel.Default;
        }
    }

    [Fact]
    public async Task WithoutArgumentsTheHelpIsAnError()
    {
        Assert.Equal(ExitCode.Usage, await Run(""));
        Assert.Contains("Usage: edge-dicom", _error.ToString());
    }

    [Fact]
    public async Task TheHelpListsTheCommandsThereAreAndNoOthers()
    {
        Assert.Equal(ExitCode.Success, await Run("--help"));
        string help = _output.ToString();
        Assert.Contains("  import FOLDER [MORE...]  import a folder", help);
        Assert.Contains("check-config", help);
        Assert.DoesNotContain("reindex", help);
        Assert.All(help.Split('\n'), static line => Assert.True(line.Length <= 120, line));
    }

    [Fact]
    public async Task ACommandHasItsOwnHelp()
    {
        Assert.Equal(ExitCode.Success, await Run("import --help"));
        Assert.StartsWith("Usage: edge-dicom [OPTIONS] import FOLDER", _output.ToString());
        Assert.Contains("--threads N", _output.ToString());
    }

    [Theory]
    [InlineData("version")]
    [InlineData("--version")]
    public async Task TheVersionNamesTheLibraries(string line)
    {
        Assert.Equal(ExitCode.Success, await Run(line));
        Assert.Matches(@"^edge-dicom [0-9]+\.[0-9]+\.[0-9]+", _output.ToString());
        Assert.Contains("REST API of Orthanc 1.12.11", _output.ToString());
        Assert.Contains("libfoo 1.2.3", _output.ToString());
        Assert.Contains("libgone not linked", _output.ToString());
    }

    [Theory]
    [InlineData("errors")]
    [InlineData("--errors")]
    public async Task TheErrorsAreListed(string line)
    {
        Assert.Equal(ExitCode.Success, await Run(line));
        Assert.Contains("   17  UnknownResource                      404  0x0110  Unknown resource", _output.ToString());
        Assert.Equal(ErrorTable.All.Count(), _output.ToString().TrimEnd().Split('\n').Length);
    }

    [Fact]
    public async Task TheSampleIsWrittenAndLosesNoFileThatWasThere()
    {
        Assert.Equal(ExitCode.Success, await Run("--config=-"));
        Assert.Equal(SampleConfiguration.Write(OptionTable.Create()), _output.ToString());

        string file = Path.Combine(_files.Folder, "sample.json");
        Assert.Equal(ExitCode.Success, await Run($"--config={file}"));
        Assert.Empty(_files.LoadPath(file).Problems);

        // Over itself: nothing to keep.
        Assert.Equal(ExitCode.Success, await Run($"--config={file}"));
        Assert.Equal([file], Directory.GetFiles(_files.Folder, "sample.json*"));

        foreach ((string former, string kept) in new[] { ("{}", ".~1~"), ("[]", ".~2~") })
        {
            File.WriteAllText(file, former);
            Assert.Equal(ExitCode.Success, await Run($"--config={file}"));
            Assert.Equal(SampleConfiguration.Write(OptionTable.Create()), File.ReadAllText(file));
            Assert.Equal(former, File.ReadAllText(file + kept));
            Assert.Contains(file + kept, _error.ToString());
        }

        Assert.Equal(ExitCode.Usage, await Run($"--config={_files.Folder}"));
    }

    [Fact]
    public async Task CheckConfigReportsEverything()
    {
        string file = _files.Write("edge.json", "{ \"HttpPort\": 0,\n \"DicomPort\": 0, \"Htp\": 1 }");
        Assert.Equal(ExitCode.Failure, await Run($"check-config {file}"));
        string[] lines = _output.ToString().TrimEnd().Split('\n');
        Assert.Equal($"read {file}", lines[0]);
        Assert.StartsWith("error: edge.json:1: HttpPort: 0 is out of range", lines[1]);
        Assert.StartsWith("error: edge.json:2: DicomPort: 0 is out of range", lines[2]);
        Assert.StartsWith("warning: edge.json:2: Htp: is not an option", lines[3]);
        Assert.Equal("2 errors, 1 warning", lines[4]);

        File.WriteAllText(file, "{ \"Htp\": 1 }");
        Assert.Equal(ExitCode.Success, await Run($"--config {file} check-config"));
        Assert.Equal(ExitCode.Usage, await Run($"--config {file} check-config {file}"));
    }

    [Fact]
    public async Task CheckConfigSeesForwardingRulesThatCanMatchNothing()
    {
        string file = _files.Write("rules.json", """
            { "DicomModalities": { "pacs": [ "PACS", "localhost", 104 ] }, "Edge": { "Forwarding": { "Rules": { "r": { "To": "pacs", "Tags": { "PixelData": "x" } } } } } }
            """);
        Assert.Equal(ExitCode.Failure, await Run($"check-config {file}"));
        Assert.Contains("Edge.Forwarding.Rules.r.Tags.PixelData", _output.ToString());
    }

    [Fact]
    public async Task APasswordIsHashed()
    {
        Assert.Equal(ExitCode.Success, await Run("hash-password", "geheim\n"));
        Assert.True(PasswordHash.Verify(_output.ToString().Trim(), "geheim"));
        Assert.Equal(ExitCode.Failure, await Run("hash-password", "\n"));
        Assert.Equal(ExitCode.Usage, await Run("hash-password geheim"));
    }

    [Fact]
    public async Task AFailureIsToldWithoutATrace()
    {
        Assert.Equal(ExitCode.Failure, await Run("fail"));
        Assert.Equal("edge-dicom: the disk is full\n", _error.ToString());
    }

    private Task<int> Run(string line, string input = "")
    {
        _output.GetStringBuilder().Clear();
        _error.GetStringBuilder().Clear();
        _ran = null;
        LinkedLibrary[] libraries = [new("libfoo", static () => "1.2.3"), new("libgone", static () => throw new DllNotFoundException())];
        Command[] commands =
        [
            Recorded("serve", "", "serve"),
            Recorded("import", "FOLDER [MORE...]", "import a folder") with
            {
                Options = [new("--threads", "N", "how many"), new("--dry-run", "", "only say what would be done")],
            },
            new("fail", "", "fail", static _ => throw new EdgeException(ErrorCode.FullStorage, "the disk is full")),
            .. BuiltInCommands.All(libraries),
        ];
        return new CommandLine(commands, new StringReader(input), _output, _error).RunAsync(line.Split(' ', StringSplitOptions.RemoveEmptyEntries));
    }

    private Command Recorded(string name, string operands, string summary) => new(name, operands, summary, context =>
    {
        (_ran, _verb) = (context, name);
        return Task.FromResult(ExitCode.Success);
    });
}
