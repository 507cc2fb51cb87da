using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using Edge.Core.Errors;
using Edge.Dimse.Association;
using Edge.Dimse.Protocol;

namespace Edge.Dimse.Scu;

/// <summary>Opens associations.</summary>
public static class DicomClient
{
    /// <exception cref="EdgeException">The options cannot be sent: too many contexts, an AE title of more than 16 characters.</exception>
    /// <exception cref="ConnectFailedException">No connection.</exception>
    /// <exception cref="AssociationRejectedException">A-ASSOCIATE-RJ.</exception>
    /// <exception cref="AssociationAbortedException">A-ABORT instead of an answer.</exception>
    /// <exception cref="ConnectionLostException">The peer closed instead of answering.</exception>
    /// <exception cref="DimseTimeoutException">No answer in time.</exception>
    /// <exception cref="PduFormatException">The peer's answer is malformed.</exception>
    public static async ValueTask<ClientAssociation> ConnectAsync(DicomClientOptions options, CancellationToken cancellation = default)
    {
        AssociationRequest request = RequestOf(options);
        byte[] pdu;
        try
        {
            pdu = PduCodec.EncodeAssociateRequest(request);
        }
        catch (ArgumentException invalid)
        {
            throw new EdgeException(ErrorCode.ParameterOutOfRange, invalid.Message, invalid);
        }

        (Stream stream, IPEndPoint? peer) = await OpenAsync(options, cancellation).ConfigureAwait(false);
        UpperLayerSettings settings = new(options.MaximumPduLength, options.ReleaseTimeout, options.ResponseTimeout, options.SendTimeout, options.MaximumIdentifierLength, options.Budget, options.Log, options.Metrics);
        UpperLayer layer = new(stream, isRequestor: true, AssociationNumber.Next(), settings);
        bool established = false;
        try
        {
            using CancellationTokenRegistration cancelled = cancellation.UnsafeRegister(static state => ((UpperLayer)state!).Close(null), layer);
            layer.Begin();
            layer.SetBoundaryTimeout(options.AssociationTimeout, "the answer to the association request");
            await layer.SendAssociateRequestAsync(pdu).ConfigureAwait(false);
            Indication indication = await layer.NextAsync().ConfigureAwait(false);
            cancellation.ThrowIfCancellationRequested();
            if (indication.Kind != IndicationKind.AssociateAccept)
            {
                if (indication.Kind == IndicationKind.AssociateReject)
                {
                    options.Metrics.Rejected();
                }

                throw layer.Fault ?? new ConnectionLostException("The connection ended before the association was accepted");
            }

            var accepted = (AssociationAccepted)indication.Pdu!;
            if (accepted.UserInformation.MaximumPduLength is > 0 and < PduLimits.LeastOfPeer)
            {
                throw new PduFormatException(AbortReason.InvalidPduParameterValue, $"maximum PDU length {accepted.UserInformation.MaximumPduLength} in the A-ASSOCIATE-AC");
            }

            layer.SendPduLength = UpperLayer.SendLengthFor(accepted.UserInformation.MaximumPduLength);
            NegotiatedAssociation negotiated = new(layer.Id, request with { PeerAddress = peer }, Negotiation.Agreed(request, accepted, isRequestor: true), accepted.UserInformation, isRequestor: true);
            DimseAssociation association = new(layer, negotiated, options.Handler, settings);
            established = true;
            return new ClientAssociation(association, options.ReleaseTimeout);
        }
        catch (PduFormatException malformed)
        {
            await layer.AbortAsync(AssociationAbort.ByProvider(malformed.Reason), malformed).ConfigureAwait(false);
            throw;
        }
        finally
        {
            if (!established)
            {
                layer.Dispose();
            }
        }
    }

    private static AssociationRequest RequestOf(DicomClientOptions options)
    {
        if (options.MaximumPduLength is < PduLimits.Least or > PduLimits.Greatest)
        {
            throw new EdgeException(ErrorCode.ParameterOutOfRange, $"MaximumPduLength {options.MaximumPduLength}: it lies between {PduLimits.Least} and {PduLimits.Greatest}");
        }

        return new AssociationRequest
        {
            CalledAeTitle = options.CalledAeTitle,
            CallingAeTitle = options.CallingAeTitle,
            Contexts = options.Contexts,
            UserInformation = new UserInformation
            {
                MaximumPduLength = (uint)options.MaximumPduLength,
                Roles = options.Roles,
                ExtendedNegotiations = options.ExtendedNegotiations,
                CommonExtendedNegotiations = options.CommonExtendedNegotiations,
                UserIdentity = options.UserIdentity,
            },
        };
    }

    /// <summary>Name resolution, TCP, TLS, within the one timeout.</summary>
    private static async ValueTask<(Stream Stream, IPEndPoint? Peer)> OpenAsync(DicomClientOptions options, CancellationToken cancellation)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        if (options.ConnectTimeout > TimeSpan.Zero)
        {
            timeout.CancelAfter(options.ConnectTimeout);
        }

        Socket socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await ConnectAsync(socket, options.Host, options.Port, timeout.Token).ConfigureAwait(false);
            var peer = socket.RemoteEndPoint as IPEndPoint;
            return (await options.Transport(socket, timeout.Token).ConfigureAwait(false), peer);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            socket.Dispose();
            throw new ConnectFailedException($"No connection to {options.Host}:{options.Port} ({options.CalledAeTitle}) within {options.ConnectTimeout.TotalSeconds:0.#} s");
        }
        catch (Exception failure) when (failure is SocketException or IOException or AuthenticationException or ArgumentException)
        {
            socket.Dispose();
            throw new ConnectFailedException($"No connection to {options.Host}:{options.Port} ({options.CalledAeTitle}): {failure.Message}", failure);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Connects on a thread of its own: a socket that was connected asynchronously stays with the runtime's event loop, which then wakes for every message
    /// beside ours. Whoever leaves early disposes the socket, which ends the attempt.
    /// </summary>
    private static Task ConnectAsync(Socket socket, string host, int port, CancellationToken cancellation)
    {
        TaskCompletionSource connected = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Thread thread = new(
            () =>
            {
                try
                {
                    socket.Connect(host, port);
                    connected.TrySetResult();
                }
                catch (Exception failure)
                {
                    connected.TrySetException(failure);
                }
            },
            256 << 10)
        {
            IsBackground = true,
            Name = "dimse-connect",
        };
        thread.Start();
        return connected.Task.WaitAsync(cancellation);
    }
}
