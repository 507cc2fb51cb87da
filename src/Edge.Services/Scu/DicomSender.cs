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
public sealed class DicomSender(EdgeOptions options, RemoteAssociations associations, Transcoder transcoder) : IDicomSender
{
    private readonly TransferSyntax? _preferred = TransferSyntax.Find(options.Remote.DicomScuPreferredTransferSyntax);

    public async IAsyncEnumerable<SendResult> SendAsync(
        ModalityOptions destination, IReadOnlyList<OutgoingInstance> instances, SendOptions? sendOptions = null, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        SendOptions how = sendOptions ?? SendOptions.Default;
        bool mayRecode = options.Transcoding.TranscodeDicomProtocol && destination.AllowTranscoding;
        EdgeException? broken = null;
        int at = 0;
        while (at < instances.Count)
        {
            var contexts = SendPlan.Contexts(instances, at, _preferred, mayRecode, out int end);
            ClientAssociation? association = null;
            if (broken is null)
            {
                (association, broken) = await ConnectAsync(destination, how, contexts, cancellation).ConfigureAwait(false);
            }

            if (association is null)
            {
                yield return Failed(instances[at++], broken!);
                continue;
            }

            await using (association.ConfigureAwait(false))
            {
                // A file that breaks off while it is sent takes the association with it, not the instances after it.
                do
                {
                    SendResult result;
                    (result, broken) = await SendOneAsync(association, instances[at++], how, mayRecode, cancellation).ConfigureAwait(false);
                    yield return result;
                }
                while (at < end && association.IsOpen && broken is null);

                await association.ReleaseAsync().ConfigureAwait(false);
            }
        }
    }

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
        ClientAssociation association, OutgoingInstance instance, SendOptions how, bool mayRecode, CancellationToken cancellation)
    {
        if (SendPlan.Choose(association.Association.Contexts, instance, _preferred, mayRecode) is not { } context)
        {
            return (Failed(instance, new ContextRefusedException(instance.SopClassUid, instance.TransferSyntaxUid)), null);
        }

        Stream? stream = null;
        try
        {
            DataSetSource source;
            if (context.TransferSyntax == instance.TransferSyntaxUid)
            {
                stream = await instance.OpenDataSetAsync(cancellation).ConfigureAwait(false);
                source = DataSetSource.From(stream);
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
            if (stream is not null)
            {
                await stream.DisposeAsync().ConfigureAwait(false);
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
            new EdgeException(ErrorCode.CannotStoreInstance, $"C-STORE was answered with status 0x{status.Code:x4}"),
            Printable(status.Comment));
    }

    /// <summary>What a peer says of a failure (0000,0902): at most its 64 characters, and none that could forge a line or command a terminal.</summary>
    public static string Printable(string? comment) =>
        string.IsNullOrEmpty(comment) ? "" : string.Concat(comment.Take(LongestComment).Select(static c => char.IsControl(c) || char.GetUnicodeCategory(c) is UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator ? '?' : c)).Trim();

    /// <summary>Success, a warning, or a duplicate: the peer has it.</summary>
    public static bool IsStored(DimseStatus status) => status.Class is DimseStatusClass.Success or DimseStatusClass.Warning || status.Code == 0x0111;

    private static bool IsTransient(DimseStatus status) => status.Code is >= 0xA700 and <= 0xA7FF or 0x0110 or 0x0213;
}
