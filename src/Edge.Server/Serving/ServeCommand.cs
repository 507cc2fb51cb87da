using System.Runtime.InteropServices;
using Edge.Core.Configuration;
using Edge.Core.Logging;
using Edge.Dimse.Scp;
using Edge.Engine.Ingest;
using Edge.Server.Commands;
using Edge.Server.Systemd;

namespace Edge.Server.Serving;

/// <summary><c>serve</c>: runs the server until it is told to stop.</summary>
internal static class ServeCommand
{
    /// <summary>How long associations may go on after a stop was asked for.</summary>
    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(20);

    public static Command Create() => new("serve", "", "run the server", RunAsync)
    {
        Details = "Serves REST and DICOM until SIGTERM or SIGINT. Without --config the defaults hold: REST on 8042, DICOM on 4242, loopback only.",
    };

    private static async Task<int> RunAsync(CommandContext context)
    {
        LoadedConfiguration loaded = ConfigurationLoader.Load(ConfigurationSource.ForProcess(context.Arguments.ConfigurationPath)).OrThrow();
        Log.Writer = LogTarget.Open(context.Arguments, loaded.Options.Edge.LogFormat);
        foreach (ConfigurationProblem warning in loaded.Problems)
        {
            Log.Generic.Warning(warning.ToString());
        }

        // Handlers first: a stop that comes while the index is being opened is not lost.
        ServerControl control = new();
        void OnSignal(PosixSignalContext signal)
        {
            signal.Cancel = true;
            control.Signal();
        }

        using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal);
        using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal);
        using NotifySocket notify = NotifySocket.ForProcess();
        bool dropsJobs = context.Arguments.DropsJobs;
        while (await ServeAsync(loaded, control, notify, dropsJobs).ConfigureAwait(false) == StopReason.Restart)
        {
            dropsJobs = false; // those of the run before it
            loaded = Reload(context, loaded);
        }

        return ExitCode.Success;
    }

    private static async Task<StopReason> ServeAsync(LoadedConfiguration loaded, ServerControl control, NotifySocket notify, bool dropsJobs)
    {
        notify.Status("opening the index");
        await using Composition server = Composition.Open(loaded, control);
        await StartAsync(server, dropsJobs).ConfigureAwait(false);
        await using ServiceStatus status = new(server);
        notify.Ready(status.Line);
        StopReason reason;
        using (Watchdog watchdog = new(notify, Watchdog.IntervalForProcess(), status.VitalSigns, () => status.Line))
        {
            watchdog.Start();
            reason = await control.WaitAsync().ConfigureAwait(false);
            Log.Generic.Warning($"stopping: {reason}");
        }

        if (reason != StopReason.Restart)
        {
            notify.Stopping("finishing what was accepted");
        }

        await StopAsync(server).ConfigureAwait(false);
        return reason;
    }

    /// <summary>The configuration as it is now. One that has become wrong must not end a server that was only to be restarted: the former one stays.</summary>
    private static LoadedConfiguration Reload(CommandContext context, LoadedConfiguration former)
    {
        try
        {
            return ConfigurationLoader.Load(ConfigurationSource.ForProcess(context.Arguments.ConfigurationPath)).OrThrow();
        }
        catch (ConfigurationException e)
        {
            Log.Generic.Error("the configuration is no longer valid, the server restarts with the former one", e);
            return former;
        }
    }

    private static async Task StartAsync(Composition server, bool dropsJobs)
    {
        await server.Store.Index.EnforceLimitsAsync(CommitStep.LimitsOf(server.Options.Storage)).ConfigureAwait(false);
        await server.Engine.Directories.LoadAsync().ConfigureAwait(false);
        server.Engine.Stability.Start();
        await server.Forwarding.StartAsync().ConfigureAwait(false);
        if (!server.Options.General.ReadOnly)
        {
            server.Retention.Start();
        }

        await server.Engine.Scripts.StartAsync().ConfigureAwait(false);
        await server.Engine.ScriptEvents.StartAsync(server.Engine).ConfigureAwait(false);
        await server.Engine.Jobs.StartAsync(server.Engine, dropsJobs).ConfigureAwait(false);
        foreach (DicomServer dicom in server.Dicom ?? [])
        {
            dicom.Start();
            Log.Dicom.Info($"DICOM server {server.Options.Dicom.DicomAet} listens on {dicom.LocalEndPoint}");
        }

        if (server.Rest is not null)
        {
            await server.Rest.StartAsync().ConfigureAwait(false);
            Log.Http.Info($"HTTP server listens on {string.Join(", ", server.Rest.EndPoints)}");
        }

        if (server.HealthRest is not null)
        {
            await server.HealthRest.StartAsync().ConfigureAwait(false);
            Log.Http.Info($"health and metrics are served on {string.Join(", ", server.HealthRest.EndPoints)}");
        }

        Log.Generic.Warning($"edge-dicom {server.Engine.EdgeVersion} is serving");
    }

    private static async Task StopAsync(Composition server)
    {
        List<Task> stops = [server.Engine.Jobs.StopAsync(), server.Forwarding.StopAsync(), server.Retention.StopAsync()];
        foreach (DicomServer dicom in server.Dicom ?? [])
        {
            stops.Add(dicom.StopAsync(StopPatience));
        }

        if (server.Rest is not null)
        {
            stops.Add(server.Rest.StopAsync());
        }

        if (server.HealthRest is not null)
        {
            stops.Add(server.HealthRest.StopAsync());
        }

        await Task.WhenAll(stops).ConfigureAwait(false);
    }
}
