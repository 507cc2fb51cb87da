using System.Globalization;
using System.Runtime.CompilerServices;
using Edge.Core.Errors;
using Edge.Core.Logging;
using Edge.Core.Options;
using Edge.Dicom.Tags;
using Edge.Dimse;
using Edge.Dimse.Association;
using Edge.Dimse.Messages;
using Edge.Dimse.Protocol;
using Edge.Dimse.Scu;
using Edge.Engine.Ports;
using Edge.Engine.Transcoding;

namespace Edge.Services.Scu;

/// <summary>Stores instances at modalities over C-STORE (PS3.4 annex B).</summary>
public sealed class DicomSender(EdgeOptions options, RemoteAssociations associations, Transcoder transcoder) : IDicomSender, IAsyncDisposable
{
    private readonly KeptAssociations _kept = new(TimeSpan.FromSeconds(options.Remote.DicomAssociationCloseDelay));
    private readonly TransferSyntax? _preferred = TransferSyntax.Find(options.Remote.DicomScuPreferredTransferSyntax);

    public async IAsyncEnumerable<SendResult> SendAsync(
        ModalityOptions destination, IReadOnlyList<OutgoingInstance> instances, SendOptions? sendOptions = null, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        SendOptions how = sendOptions ?? SendOptions.Default;
        bool mayRecode = options.Transcoding.TranscodeDicomProtocol && destination.AllowTranscoding;
        string localAet = associations.LocalAet(destination, how.LocalAet);
        EdgeException? broken = null;
        int at = 0;
        await using ReadAhead ahead = new(associations.Budget);
        while (at < instances.Count)
        {
            var contexts = SendPlan.Contexts(instances, at, _preferred, mayRecode, out int end);
            ClientAssociation? association = null;
            bool isReused = false;
            if (broken is null && how.KeepsAssociation && _kept.Take(destination, localAet, contexts) is { } kept)
            {
                (association, contexts, isReused) = (kept.Association, kept.Contexts, true);
            }
            else if (broken is null)
            {
                (association, broken) = await ConnectAsync(destination, how, contexts, cancellation).ConfigureAwait(false);
            }

            if (association is null)
            {
                yield return Failed(instances[at++], broken!);
                continue;
            }

            try
            {
                // A file that breaks off while it is sent takes the association with it, not the instances after it.
                do
                {
                    SendResult result;
                    OutgoingInstance? next = at + 1 < end ? instances[at + 1] : null;
                    (result, broken) = await SendOneAsync(association, instances[at], next, ahead, how, mayRecode, cancellation).ConfigureAwait(false);
                    if (isReused && broken is not null)
                    {
                        // The peer had closed what was kept: the instance gets an association of its own.
                        broken = null;
                        break;
                    }

                    isReused = false;
                    at++;
                    yield return result;
                }
                while (at < end && association.IsOpen && broken is null);

                if (how.KeepsAssociation && association.IsOpen && broken is null)
                {
                    await _kept.KeepAsync(destination, localAet, association, contexts).ConfigureAwait(false);
                    association = null;
                }
                else
                {
                    await association.ReleaseAsync().ConfigureAwait(false);
                }
            }
            finally
            {
                if (association is not null)
                {
                    await association.DisposeAsync().ConfigureAwait(false);
                }
            }
        }
    }

    public ValueTask DisposeAsync() => _kept.DisposeAsync();

    private async ValueTask<(ClientAssociation? Association, EdgeException? Failure)> ConnectAsync(
        ModalityOptions destination, SendOptions how, List<(string AbstractSyntax, IReadOnlyList<string> TransferSyntaxes)> contexts, CancellationToken cancellation)
    {
        try
        {
            TimeSpan timeout = associations.Timeout(destination, how.Timeout > 0 ? how.Timeout : null);
            return (await associations.ConnectAsync(destination, how.LocalAet, timeout, contexts, cancellation).ConfigureAwait(false), null);
        }
        catch (EdgeException failure)
        {
            Log.Dicom.Warning($"C-STORE to {destination.Aet} at {destination.Host}:{destination.Port}: {failure.Message}");
            return (null, failure);
        }
    }

    /// <summary>Sends one instance. The second value is why nothing more can be sent on this connection.</summary>
    private async ValueTask<(SendResult Result, EdgeException? Broken)> SendOneAsync(
        ClientAssociation association, OutgoingInstance instance, OutgoingInstance? next, ReadAhead ahead, SendOptions how, bool mayRecode, CancellationToken cancellation)
    {
        if (SendPlan.Choose(association.Association.Contexts, instance, _preferred, mayRecode) is not { } context)
        {
            return (Failed(instance, new ContextRefusedException(instance.SopClassUid, instance.TransferSyntaxUid)), null);
        }

        InstanceSource? stored = null;
        try
        {
            DataSetSource source;
            if (context.TransferSyntax == instance.TransferSyntaxUid)
            {
                source = stored = await ahead.TakeAsync(instance, cancellation).ConfigureAwait(false);
                if (next is not null && SendPlan.Choose(association.Association.Contexts, next, _preferred, mayRecode) is { } its && its.TransferSyntax == next.TransferSyntaxUid)
                {
                    ahead.Begin(next, cancellation);
                }
            }
            else
            {
                source = DataSetSource.From(await transcoder.EncodeDataSetAsync(instance, TransferSyntax.FindOrUnknown(context.TransferSyntax), cancellation).ConfigureAwait(false));
            }

            DimseStatus status = await association.StoreAsync(
                new StoreOperation
                {
                    Context = context,
                    SopClassUid = instance.SopClassUid,
                    SopInstanceUid = instance.SopInstanceUid,
                    DataSet = source,
                    MoveOriginatorAeTitle = how.MoveOriginatorAet,
                    MoveOriginatorMessageId = how.MoveOriginatorId,
                },
                cancellation).ConfigureAwait(false);
            return (SendStatuses.ResultOf(instance, status), null);
        }
        catch (DimseException failure)
        {
            return (Failed(instance, failure), failure);
        }
        catch (EdgeException failure)
        {
            return (Failed(instance, failure), null);
        }
        catch (IOException failure)
        {
            return (Failed(instance, new EdgeException(ErrorCode.CorruptedFile, $"The stored file cannot be read: {failure.Message}", failure)), null);
        }
        finally
        {
            if (stored is not null)
            {
                await stored.DisposeAsync().ConfigureAwait(false);
            }
        }
    }

    private static SendResult Failed(OutgoingInstance instance, EdgeException failure) => new(
        instance,
        failure is DimseException { IsTransient: true } ? SendStatus.TransientFailure : SendStatus.PermanentFailure,
        null,
        failure);
}

/// <summary>What the statuses of C-STORE mean for a sender (PS3.4 B.2.3, PS3.7 annex C).</summary>
public static class SendStatuses
{
    /// <summary>VR LO.</summary>
    private const int LongestComment = 64;

    public static SendResult ResultOf(OutgoingInstance instance, DimseStatus status)
    {
        if (IsStored(status))
        {
            return new SendResult(instance, SendStatus.Sent, status.Code);
        }

        return new SendResult(
            instance,
            IsTransient(status) ? SendStatus.TransientFailure : SendStatus.PermanentFailure,
            status.Code,
            new EdgeException(ErrorCode.CannotStoreInstance, $"C-STORE was answered with status 0x{status.Code:x4}") { Payload = ErrorPayload.Dimse(status.Code) },
            Printable(status.Comment));
    }

    /// <summary>What a peer says of a failure (0000,0902): at most its 64 characters, and none that could forge a line or command a terminal.</summary>
    public static string Printable(string? comment) =>
        string.IsNullOrEmpty(comment) ? "" : string.Concat(comment.Take(LongestComment).Select(static c => char.IsControl(c) || char.GetUnicodeCategory(c) is UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator ? '?' : c)).Trim();

    /// <summary>Success, a warning, or a duplicate: the peer has it.</summary>
    public static bool IsStored(DimseStatus status) => status.Class is DimseStatusClass.Success or DimseStatusClass.Warning || status.Code == 0x0111;

    private static bool IsTransient(DimseStatus status) => status.Code is >= 0xA700 and <= 0xA7FF or 0x0110 or 0x0213;
}
