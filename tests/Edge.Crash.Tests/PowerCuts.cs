using System.Text.Json.Nodes;
using Edge.TestKit;
using Edge.TestKit.Server;
using Xunit;

namespace Edge.Crash.Tests;

/// <summary>The rig's simulator of power cuts, with its load or ours.</summary>
public static class PowerCuts
{
    /// <summary>Cuts of one run. More cuts are more runs: each round reads back everything acknowledged since its run began.</summary>
    public const int Rounds = 20;

    /// <summary>What the shim keeps: names as ext4 does, as POSIX promises, and any part of what was not synced; each with as many seeds as there are runs: 200 cuts in the soak.</summary>
    public static TheoryData<string, string, int> Disks
    {
        get
        {
            TheoryData<string, string, int> disks = [];
            for (int seed = 1; seed <= Scale.Rounds(1, 10); seed++)
            {
                disks.Add("ext4", "", seed);
                disks.Add("strict", "", seed);
                disks.Add("ext4", "torn", seed);
            }

            return disks;
        }
    }

    /// <summary>Runs a script of <c>powercut/</c>; its summary.</summary>
    public static async Task<JsonNode> RunAsync(string script, string command, string mode, string torn, int seed, params string[] options)
    {
        Assert.SkipWhen(RepositoryPaths.Rig is null, "the measuring rig is not beside the repository");
        using TemporaryFolder folder = new("edge-powercut-");
        string summary = folder.Combine("summary.json");
        List<string> arguments =
        [
            Path.Combine(RepositoryPaths.Root, "tests", "Edge.Crash.Tests", "powercut", script), RepositoryPaths.Rig!,
            "--cmd", $"{RepositoryPaths.Binary} {command}", "--rounds", $"{Rounds}", "--mode", mode, "--seed", $"{seed}", "--json", summary, .. options,
        ];
        if (torn.Length > 0)
        {
            arguments.AddRange(["--survive", "0.5", "--survive-meta", "0.3"]);
        }

        ToolResult result = await Tool.RunAsync(TimeSpan.FromMinutes(10), "/usr/bin/python3", arguments);
        Assert.True(result.ExitCode == 0, $"{result.Output}\n{result.Error}");
        return JsonNode.Parse(await File.ReadAllTextAsync(summary))!;
    }
}
