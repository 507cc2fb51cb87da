using System.Net;
using System.Net.Sockets;
using Edge.Core.Errors;
using Edge.Dimse.Association;
using Edge.Dimse.Protocol;

namespace Edge.Dimse.Scp;

/// <summary>Listens for associations and serves each of them with the handler.</summary>
public sealed class DicomServer : IAsyncDisposable
{
    private const int Backlog = 256;
    private static readonly TimeSpan Beat = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan AfterAbort = TimeSpan.FromSeconds(2);

    private readonly AssociationAcceptor _acceptor;
    private readonly SemaphoreSlim _associations;
    private readonly SemaphoreSlim _connections;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Lock _gate = new();
    private readonly HashSet<Connection> _open = [];
    private readonly TaskCompletionSource _allGone = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Socket? _listener;
    private Task _listening = Task.CompletedTask;
    private Task _beating = Task.CompletedTask;
    private long _lastBeat = Environment.TickCount64;

    /// <exception cref="EdgeException">A value of the options is out of range.</exception>
    public DicomServer(DicomServerOptions options, IAssociationPolicy policy, IDimseHandler handler)
    {
        if (options.MaximumPduLength is < PduLimits.Least or > PduLimits.Greatest)
        {
            throw new EdgeException(ErrorCode.ParameterOutOfRange, $"MaximumPduLength {options.MaximumPduLength}: it lies between {PduLimits.Least} and {PduLimits.Greatest}");
        }

        if (options.MaximumAssociations < 1 || options.MaximumWaiting < 0)
        {
            throw new EdgeException(ErrorCode.ParameterOutOfRange, $"MaximumAssociations {options.MaximumAssociations}, MaximumWaiting {options.MaximumWaiting}");
        }

        Options = options;
        UpperLayerSettings settings = new(options.MaximumPduLength, options.ArtimTimeout, options.IdleTimeout, options.SendTimeout, options.MaximumIdentifierLength, options.Budget, options.Log, options.Metrics);
        _acceptor = new AssociationAcceptor(options, settings, policy, handler);
        _associations = new SemaphoreSlim(options.MaximumAssociations, options.MaximumAssociations);
        _connections = new SemaphoreSlim(options.MaximumAssociations + options.MaximumWaiting);
    }

    public DicomServerOptions Options { get; }

    /// <summary>Where it listens, with the real port; null before <see cref="Start"/>.</summary>
    public IPEndPoint? LocalEndPoint { get; private set; }

    /// <summary>How long ago the listener was last seen alive: about a second at most while all is well. For a watchdog.</summary>
    public TimeSpan SinceHeartbeat => TimeSpan.FromMilliseconds(Environment.TickCount64 - Volatile.Read(ref _lastBeat));

    /// <summary>Binds and begins to accept.</summary>
    /// <exception cref="EdgeException">The port is in use or not permitted (DicomPortInUse).</exception>
    public void Start()
    {
        IPEndPoint at = Options.ListenOn;
        Socket listener = new(at.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (at.AddressFamily == AddressFamily.InterNetworkV6)
            {
                listener.DualMode = true;
            }

            listener.Bind(at);
            listener.Listen(Backlog);
        }
        catch (SocketException failure)
        {
            listener.Dispose();
            throw new EdgeException(ErrorCode.DicomPortInUse, $"Cannot listen for DICOM on {at}: {failure.Message}", failure);
        }

        _listener = listener;
        LocalEndPoint = (IPEndPoint)listener.LocalEndPoint!;
        _listening = ListenAsync(listener);
        _beating = BeatAsync();
        Log(DimseLogLevel.Information, $"listening for DICOM on {LocalEndPoint}");
    }

    /// <summary>
    /// Stops listening at once; associations go on until they have been quiet for a second, what is in progress is finished and
    /// answered. What is still there at the deadline is aborted. Returns when all are gone.
    /// </summary>
    public async Task StopAsync(TimeSpan deadline)
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        _listener?.Dispose();
        await _listening.ConfigureAwait(false);
        await _beating.ConfigureAwait(false);
        foreach (Connection connection in Snapshot())
        {
            connection.Association?.Stop();
        }

        if (await GoneWithinAsync(deadline).ConfigureAwait(false))
        {
            return;
        }

        foreach (Connection connection in Snapshot())
        {
            Log(DimseLogLevel.Warning, $"aborting association {connection.Layer?.Id} at the deadline of the stop");
            _ = connection.Layer?.AbortAsync(AssociationAbort.ByUser, new AssociationAbortedException(AssociationAbort.ByUser, false, "the server stops"));
        }

        if (!await GoneWithinAsync(AfterAbort).ConfigureAwait(false))
        {
            foreach (Connection connection in Snapshot())
            {
                connection.Layer?.Close(null);
            }

            await GoneWithinAsync(AfterAbort).ConfigureAwait(false);
        }
    }

    /// <summary>Stops without patience.</summary>
    public async ValueTask DisposeAsync() => await StopAsync(TimeSpan.Zero).ConfigureAwait(false);

    private async Task ListenAsync(Socket listener)
    {
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                await _connections.WaitAsync(_stopping.Token).ConfigureAwait(false);
                Socket socket;
                try
                {
                    socket = await listener.AcceptAsync(_stopping.Token).ConfigureAwait(false);
                }
                catch
                {
                    _connections.Release();
                    throw;
                }

                _ = ServeAsync(socket);
            }
            catch (Exception failure) when (failure is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
            catch (SocketException failure)
            {
                // Too many open files, a connection reset before it was taken: the listener has to live on.
                Log(DimseLogLevel.Warning, $"a connection could not be accepted: {failure.Message}");
                await Task.Delay(100).ConfigureAwait(false);
            }
        }
    }

    private async Task BeatAsync()
    {
        using PeriodicTimer timer = new(Beat);
        try
        {
            while (await timer.WaitForNextTickAsync(_stopping.Token).ConfigureAwait(false))
            {
                if (!_listening.IsCompleted)
                {
                    Volatile.Write(ref _lastBeat, Environment.TickCount64);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // Stopping.
        }
    }

    /// <summary>One connection from beginning to end. Never throws.</summary>
    private async Task ServeAsync(Socket socket)
    {
        Connection connection = new();
        lock (_gate)
        {
            _open.Add(connection);
        }

        bool admitted = false;
        try
        {
            socket.NoDelay = true;
            AssociationRejection? forced = null;
            admitted = await AdmitAsync().ConfigureAwait(false);
            if (!admitted)
            {
                forced = AssociationRejection.LocalLimitExceeded;
            }

            DimseAssociation? association = await _acceptor.AcceptAsync(socket, forced, layer => connection.Layer = layer, _stopping.Token).ConfigureAwait(false);
            if (association is not null)
            {
                connection.Association = association;
                if (_stopping.IsCancellationRequested)
                {
                    association.Stop();
                }

                await association.RunAsync().ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // The server stops while the connection waited.
        }
        catch (Exception failure)
        {
            Log(DimseLogLevel.Error, $"a connection failed: {failure}");
        }
        finally
        {
            connection.Layer?.Dispose();
            socket.Dispose();
            if (admitted)
            {
                _associations.Release();
            }

            Forget(connection);
            _connections.Release();
        }
    }

    /// <summary>Waits for a free association; false where none came in time.</summary>
    private async ValueTask<bool> AdmitAsync()
    {
        if (_associations.Wait(0))
        {
            return true;
        }

        Options.Metrics.Waiting(1);
        try
        {
            return await _associations.WaitAsync(Options.WaitTimeout, _stopping.Token).ConfigureAwait(false);
        }
        finally
        {
            Options.Metrics.Waiting(-1);
        }
    }

    private void Forget(Connection connection)
    {
        bool last;
        lock (_gate)
        {
            _open.Remove(connection);
            last = _open.Count == 0 && _stopping.IsCancellationRequested;
        }

        if (last)
        {
            _allGone.TrySetResult();
        }
    }

    private Connection[] Snapshot()
    {
        lock (_gate)
        {
            return [.. _open];
        }
    }

    private async ValueTask<bool> GoneWithinAsync(TimeSpan time)
    {
        if (Snapshot().Length == 0)
        {
            return true;
        }

        return await Task.WhenAny(_allGone.Task, Task.Delay(time)).ConfigureAwait(false) == _allGone.Task;
    }

    private void Log(DimseLogLevel level, string text)
    {
        if (Options.Log.IsEnabled(level))
        {
            Options.Log.Write(level, text);
        }
    }

    private sealed class Connection
    {
        public volatile UpperLayer? Layer;
        public volatile DimseAssociation? Association;
    }
}
