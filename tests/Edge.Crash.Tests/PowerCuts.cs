using System.Text.Json.Nodes;
using Edge.TestKit;
using Edge.TestKit.Server;
using Xunit;

namespace Edge.Crash.Tests;

/// <summary>The rig's simulator of power cuts, with its load or ours.</summary>
public static class PowerCuts
{
    public static readonly int Rounds = Scale.Rounds(20, 200);

    /// <summary>What the shim keeps: names as ext4 does, as POSIX promises, and any part of what was not synced.</summary>
    public static TheoryData<string, string> Disks { get; } = new() { { "ext4", "" }, { "strict", "" }, { "ext4", "torn" } };

    /// <summary>Runs a script of <c>powercut/</c>; its summary.</summary>
    public static async Task<JsonNode> RunAsync(string script, string command, string mode, string torn, params string[] options)
    {
        Assert.SkipWhen(RepositoryPaths.Rig is null, "the measuring rig is not beside the repository");
        using TemporaryFolder folder = new("edge-powercut-");
        string summary = folder.Combine("summary.json");
        List<string> arguments =
        [
            Path.Combine(RepositoryPaths.Root, "tests", "Edge.Crash.Tests", "powercut", script), RepositoryPaths.Rig!,
            "--cmd", $"{RepositoryPaths.Binary} {command}", "--rounds", $"{Rounds}", "--mode", mode, "--json", summary, .. options,
        ];
        if (torn.Length > 0)
        {
            arguments.AddRange(["--survive", "0.5", "--survive-meta", "0.3", "--seed", "7"]);
        }

        ToolResult result = await Tool.RunAsync(TimeSpan.FromMinutes(Scale.Rounds(10, 60)), "/usr/bin/python3", arguments);
        Assert.True(result.ExitCode == 0, $"{result.Output}\n{result.Error}");
        return JsonNode.Parse(await File.ReadAllTextAsync(summary))!;
    }
}
