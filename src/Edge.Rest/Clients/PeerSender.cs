using System.Net;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Edge.Core.Errors;
using Edge.Core.Options;
using Edge.Engine.Ports;

namespace Edge.Rest.Clients;

/// <summary>Stores instances at peers by <c>POST /instances</c>, on one connection that is kept while they are sent.</summary>
public sealed class PeerSender(HttpClientOptions options) : IPeerSender
{
    public async IAsyncEnumerable<SendResult> SendAsync(PeerOptions destination, IReadOnlyList<OutgoingFile> instances, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        PeerClient? client = null;
        EdgeException? broken = null;
        try
        {
            client = new PeerClient(destination, options);
        }
        catch (EdgeException unusable)
        {
            // A certificate that cannot be read is mended by somebody, and the backlog then goes.
            broken = new EdgeException(ErrorCode.NetworkProtocol, unusable.Message, unusable);
        }

        using (client)
        {
            foreach (OutgoingFile instance in instances)
            {
                SendResult result = broken is null ? await SendOneAsync(client!, destination, instance, cancellation).ConfigureAwait(false) : Lost(instance, broken);
                broken ??= result.Failure?.Code == ErrorCode.NetworkProtocol ? result.Failure : null;
                yield return result;
            }
        }
    }

    private static async ValueTask<SendResult> SendOneAsync(PeerClient client, PeerOptions destination, OutgoingFile instance, CancellationToken cancellation)
    {
        try
        {
            Stream file = await instance.OpenFileAsync(cancellation).ConfigureAwait(false);
            await using (file.ConfigureAwait(false))
            {
                (HttpStatusCode status, byte[] body) = await client.TryStoreAsync(file, cancellation).ConfigureAwait(false);
                return ResultOf(destination, instance, status, body);
            }
        }
        catch (EdgeException failure)
        {
            return failure.Code == ErrorCode.NetworkProtocol ? Lost(instance, failure) : Refused(instance, failure);
        }
        catch (IOException failure)
        {
            return Refused(instance, new EdgeException(ErrorCode.CorruptedFile, $"The stored file cannot be read: {failure.Message}", failure));
        }
    }

    /// <summary>A bad request is the instance's fault and will be again; any other refusal is the peer's, and may end.</summary>
    private static SendResult ResultOf(PeerOptions destination, OutgoingFile instance, HttpStatusCode status, byte[] body) => status switch
    {
        HttpStatusCode.OK when IsFilteredOut(body) => Refused(instance, new EdgeException(ErrorCode.CannotStoreInstance, $"The peer at {destination.Url} filtered it out")),
        HttpStatusCode.OK => new SendResult(instance, SendStatus.Sent, null),
        HttpStatusCode.BadRequest or HttpStatusCode.UnsupportedMediaType or HttpStatusCode.RequestEntityTooLarge or HttpStatusCode.UnprocessableEntity =>
            Refused(instance, new EdgeException(ErrorCode.CannotStoreInstance, $"The peer at {destination.Url} answered POST /instances with status {(int)status}")),
        _ => Lost(instance, new EdgeException(ErrorCode.NetworkProtocol, $"The peer at {destination.Url} answered POST /instances with status {(int)status}")),
    };

    /// <summary>Whether the answer says so in so many words; a peer that answers in another form has taken it.</summary>
    private static bool IsFilteredOut(byte[] body)
    {
        try
        {
            using JsonDocument answer = JsonDocument.Parse(body);
            return answer.RootElement.ValueKind == JsonValueKind.Object && answer.RootElement.TryGetProperty("Status"u8, out JsonElement status)
                && status.ValueKind == JsonValueKind.String && status.ValueEquals("FilteredOut"u8);
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static SendResult Lost(OutgoingFile instance, EdgeException failure) => new(instance, SendStatus.TransientFailure, null, failure);

    private static SendResult Refused(OutgoingFile instance, EdgeException failure) => new(instance, SendStatus.PermanentFailure, null, failure);
}
