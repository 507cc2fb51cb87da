using Edge.Core.Options;
using Edge.Dimse.Scu;
using ProposedSyntaxes = System.Collections.Generic.List<(string AbstractSyntax, System.Collections.Generic.IReadOnlyList<string> TransferSyntaxes)>;

namespace Edge.Services.Scu;

/// <summary>
/// Associations that have sent and stay open for a while (<c>DicomAssociationCloseDelay</c>), so that what is sent next to the same modality needs no
/// new one: at most one for each modality and title of ours. Each is in the hands of one sender or kept here, never both.
/// </summary>
/// <param name="delay">How long; zero keeps none.</param>
public sealed class KeptAssociations(TimeSpan delay) : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<(ModalityOptions, string), Kept> _kept = [];
    private bool _isDisposed;

    /// <summary>An open association that proposed all these contexts, and all that it proposed; null where there is none.</summary>
    public (ClientAssociation Association, ProposedSyntaxes Contexts)? Take(ModalityOptions modality, string localAet, ProposedSyntaxes contexts)
    {
        Kept? kept;
        lock (_gate)
        {
            if (!_kept.Remove((modality, localAet), out kept))
            {
                return null;
            }
        }

        kept.Expiry.Dispose();
        if (kept.Association.IsOpen && Covers(kept.Contexts, contexts))
        {
            return (kept.Association, kept.Contexts);
        }

        _ = CloseAsync(kept.Association);
        return null;
    }

    /// <summary>Takes an association over, to be kept for a while or released at once.</summary>
    public async ValueTask KeepAsync(
        ModalityOptions modality, string localAet, ClientAssociation association, ProposedSyntaxes contexts)
    {
        (ModalityOptions, string) key = (modality, localAet);
        ClientAssociation? surplus = association;
        if (delay > TimeSpan.Zero && association.IsOpen)
        {
            Kept kept = new(association, contexts);
            lock (_gate)
            {
                if (!_isDisposed)
                {
                    surplus = _kept.Remove(key, out Kept? former) ? former.Association : null;
                    former?.Expiry.Dispose();
                    _kept.Add(key, kept);
                    kept.Expiry = new Timer(static state => ((Action)state!)(), (Action)(() => Expire(key, kept)), delay, Timeout.InfiniteTimeSpan);
                }
            }
        }

        if (surplus is not null)
        {
            await CloseAsync(surplus).ConfigureAwait(false);
        }
    }

    public async ValueTask DisposeAsync()
    {
        Kept[] all;
        lock (_gate)
        {
            _isDisposed = true;
            all = [.. _kept.Values];
            _kept.Clear();
        }

        foreach (Kept kept in all)
        {
            await kept.Expiry.DisposeAsync().ConfigureAwait(false);
            await CloseAsync(kept.Association).ConfigureAwait(false);
        }
    }

    private void Expire((ModalityOptions, string) key, Kept kept)
    {
        lock (_gate)
        {
            if (!_kept.TryGetValue(key, out Kept? there) || there != kept)
            {
                return;
            }

            _kept.Remove(key);
        }

        kept.Expiry.Dispose();
        _ = CloseAsync(kept.Association);
    }

    /// <summary>Neither throws: a release that is not answered in time ends in an abort.</summary>
    private static async Task CloseAsync(ClientAssociation association)
    {
        await association.ReleaseAsync().ConfigureAwait(false);
        await association.DisposeAsync().ConfigureAwait(false);
    }

    private static bool Covers(ProposedSyntaxes proposed, ProposedSyntaxes needed) =>
        needed.TrueForAll(need => proposed.Exists(one => one.AbstractSyntax == need.AbstractSyntax && need.TransferSyntaxes.All(one.TransferSyntaxes.Contains)));

    private sealed class Kept(ClientAssociation association, ProposedSyntaxes contexts)
    {
        public ClientAssociation Association { get; } = association;

        public ProposedSyntaxes Contexts { get; } = contexts;

        public Timer Expiry { get; set; } = null!;
    }
}
