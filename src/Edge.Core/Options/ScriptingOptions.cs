namespace Edge.Core.Options;

/// <summary>Lua scripts, and what the REST API may do to the machine.</summary>
[OptionGroup("Scripts")]
public sealed class ScriptingOptions
{
    /// <summary>The Lua scripts to load.</summary>
    [Option(Format = OptionFormat.File)]
    public string[] LuaScripts { get; set; } = [];

    /// <summary>How often the function OnHeartBeat is called; 0 = never.</summary>
    [Option(Min = 0, Unit = "s", Since = "1.11.1")]
    public int LuaHeartBeatPeriod { get; set; }

    /// <summary>Let clients of the REST API run Lua (/tools/execute-script). Whoever may call it owns the server.</summary>
    [Option]
    public bool ExecuteLuaEnabled { get; set; }

    /// <summary>Let clients of the REST API write files on this machine (/instances/{id}/export).</summary>
    [Option(Since = "1.12.0")]
    public bool RestApiWriteToFileSystemEnabled { get; set; }

    /// <summary>Orthanc's native plugins. This server has no native plugins: what they do is built in or absent.</summary>
    [Option(Format = OptionFormat.Path)]
    public string[] Plugins { get; set; } = [];
}
